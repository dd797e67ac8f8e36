"""How Reflex builds and serves the dashboard.

One build serves every scheme, host and port: it is made for an origin that exists
nowhere, and that origin's addresses are then rewritten to follow the page's own.
"""

import re
from pathlib import Path

import reflex as rx
from reflex.plugins import Plugin, SitemapPlugin
from reflex_base.constants import StateManagerMode
from reflex_base.plugins.base import PostBuildContext
from typing_extensions import Unpack

from leadpulse_app.broker import redis_url
from leadpulse_app.components import theme
from leadpulse_app.settings import get_settings

PLACEHOLDER = "http://origin.invalid"

ADDRESS = re.compile(r"""(["'`])(http|ws)://origin\.invalid(/[^"'`]*)?\1""")


class SameOrigin(Plugin):
    """Lets the built frontend call the server that it was loaded from."""

    def post_build(self, **context: Unpack[PostBuildContext]) -> None:
        """Rewrite the addresses of the placeholder in the built scripts.

        Raises:
            RuntimeError: There are none, or one stands where it can't be rewritten.
        """
        rewritten = sum(map(_rewrite, context["static_dir"].rglob("*.js")))
        if not rewritten:
            raise RuntimeError(f"the build nowhere calls {PLACEHOLDER}")


def _rewrite(script: Path) -> int:
    source, count = ADDRESS.subn(_expression, script.read_text())
    if "origin.invalid" in source:
        raise RuntimeError(f"{script} names origin.invalid outside of a plain string")
    if count:
        script.write_text(source)
    return count


def _expression(address: re.Match[str]) -> str:
    _, scheme, path = address.groups(default="")
    origin = (
        'location.origin.replace("http","ws")' if scheme == "ws" else "location.origin"
    )
    return f'({origin}+"{path}")'


several = get_settings().web_workers > 1

config = rx.Config(
    app_name="leadpulse_app",
    app_module_import="leadpulse_app.dashboard",
    api_url=PLACEHOLDER,
    deploy_url=None,
    # The web process compares origins itself, before Reflex sees a handshake.
    cors_allowed_origins=[],
    state_manager_mode=StateManagerMode.REDIS if several else StateManagerMode.MEMORY,
    redis_url=redis_url() if several else None,
    telemetry_enabled=False,
    show_built_with_reflex=False,
    plugins=[*theme.plugins(), SameOrigin()],
    disable_plugins=[SitemapPlugin],
)
