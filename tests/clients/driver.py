"""Drives one client: a process that runs the package's own script, or a page.

Every client takes the same calls, named as in Segment's specification, which its
script puts into the package's own words.
"""

import json
import select
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Browser, Page

from tests.product import ROOT

FOLDER = Path(__file__).parent

_VISITOR = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"
)
"""A browser without a window says so, and is then taken for a bot."""

_CALL_SECONDS = 90.0
"""Past this a call hangs: longer than any client here goes on trying."""


class Client(Protocol):
    """A package that was told where the product is."""

    def call(self, name: str, /, **arguments: Any) -> Any:
        """Make one call; `flush` returns when the client has nothing left to send."""
        ...


class _Process:
    def __init__(self, command: list[str | Path]) -> None:
        self._running = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(self, name: str, /, **arguments: Any) -> Any:
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        self._running.stdin.write(json.dumps([name, arguments]) + "\n")
        self._running.stdin.flush()
        ready, _, _ = select.select([self._running.stdout], [], [], _CALL_SECONDS)
        assert ready, f"{name} did not return in {_CALL_SECONDS} s"
        answer = self._running.stdout.readline()
        assert answer, f"the client ended in {name}"
        return json.loads(answer)

    def close(self) -> None:
        """End the process; it has to leave by itself."""
        try:
            self._running.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.communicate()
            raise
        assert self._running.returncode == 0


@contextmanager
def _process(command: list[str | Path], host: str, key: str) -> Iterator[Client]:
    process = _Process(command)
    try:
        process.call("connect", host=host, key=key)
        yield process
    finally:
        process.close()


def python_client(script: str, host: str, key: str) -> AbstractContextManager[Client]:
    """Run a script of the folder `python`."""
    module = f"tests.clients.python.{script}"
    return _process([sys.executable, "-m", module], host, key)


def node_client(script: str, host: str, key: str) -> AbstractContextManager[Client]:
    """Run a script of the folder `node`."""
    node = Path(sysconfig.get_path("scripts")) / "node"
    return _process([node, FOLDER / "node" / f"{script}.mjs"], host, key)


class _Page:
    def __init__(self, page: Page) -> None:
        self._page = page

    def call(self, name: str, /, **arguments: Any) -> Any:
        return self._page.evaluate(
            "([name, given]) => window.call(name, given)", [name, arguments]
        )


@contextmanager
def browser_client(
    script: str, host: str, key: str, *, browser: Browser, site: str
) -> Iterator[Client]:
    """Open a page of the site that runs a script of the folder `browser`."""
    context = browser.new_context(user_agent=_VISITOR)
    try:
        page = context.new_page()
        page.goto(f"{site}/browser/page.html?{script}")
        client = _Page(page)
        client.call("connect", host=host, key=key)
        yield client
    finally:
        context.close()
