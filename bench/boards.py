"""Two hundred open boards of one project while events keep coming.

Everything shares this machine: the web process, the worker, Postgres, Valkey, the
boards' clients and the load. Ingest is measured without and with boards in turns.
"""

import argparse
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import httpx

from bench.board_clients import MARKED, MARKED_SCORE
from bench.ingest import EVENT_PATH
from bench.measured import MeasuredServer, measured_server
from bench.server import BOARDS_PATH
from tests.product import (
    ROOT,
    Account,
    Product,
    running_product,
    temporary_home,
    wait_for,
)

BOARDS = 200
SESSIONS = 10
EVENTS_PER_SECOND = 500.0
SECONDS = 15.0
ROUNDS = 2
LOOPS_END_SECONDS = 10.0


def measure_boards(
    home: Path, *, boards: int = BOARDS, seconds: float = SECONDS, rounds: int = ROUNDS
) -> dict[str, float]:
    """Measure boards and ingest beside each other.

    Returns:
        Milliseconds from the POST of an event to its change at each board, of ingest
        without and with boards; kilobytes (10^3) of the web process for each board; and
        how many loops of boards are left `LOOPS_END_SECONDS` after they closed.
    """
    with running_product(home) as product:
        account = product.register()
        tokens = [_sign_in(product, account) for _ in range(SESSIONS)]
        with measured_server(product, account) as web:
            _load(web, seconds=3.0)
            _put_marked_lead_first(product, account)
            with _open(web, tokens, 10):
                pass
            without, with_boards, watched, octets = [], [], [], []
            for _ in range(rounds):
                before = web.resident_megabytes()
                worked = web.processor_seconds()
                without.append(_load(web, seconds=seconds))
                without[-1]["processor"] = (web.processor_seconds() - worked) / seconds
                with _open(web, tokens, boards) as clients:
                    octets.append(1e3 * (web.resident_megabytes() - before) / boards)
                    clients.start_watching()
                    worked = web.processor_seconds()
                    with_boards.append(_load(web, seconds=seconds))
                    watched.append(clients.stop_watching())
                    watched[-1]["web_processor_share"] = (
                        web.processor_seconds() - worked
                    ) / seconds
                left = _loops_left(web)
    return {
        **{name: median(each[name] for each in watched) for name in watched[0]},
        "ingest_p99_ms_without_boards": median(each["p99_ms"] for each in without),
        "ingest_p99_ms_with_boards": median(each["p99_ms"] for each in with_boards),
        "ingest_p50_ms_without_boards": median(each["p50_ms"] for each in without),
        "ingest_p50_ms_with_boards": median(each["p50_ms"] for each in with_boards),
        "ingest_p99_ratio": median(
            beside["p99_ms"] / alone["p99_ms"]
            for alone, beside in zip(without, with_boards, strict=True)
        ),
        "web_processor_share_without": median(each["processor"] for each in without),
        "kilobytes_per_board": octets[0],
        "loops_left": left,
    }


class _Clients:
    """The process that holds the boards open."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def wait_until_open(self) -> None:
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "open\n":
            raise RuntimeError("the boards did not open")

    def start_watching(self) -> None:
        self._say("start")

    def stop_watching(self) -> dict[str, float]:
        self._say("stop")
        assert self._process.stdout is not None
        return dict(json.loads(self._process.stdout.readline()))

    def _say(self, what: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()


@contextlib.contextmanager
def _open(web: MeasuredServer, tokens: list[str], boards: int) -> Iterator[_Clients]:
    command = ["bench.board_clients", web.port, web.account.write_key, boards, *tokens]
    process = subprocess.Popen(
        [sys.executable, "-m", *map(str, command)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        clients = _Clients(process)
        clients.wait_until_open()
        yield clients
    finally:
        process.terminate()
        process.communicate()


def _load(web: MeasuredServer, *, seconds: float) -> dict[str, float]:
    return web.load(EVENT_PATH, seconds=seconds, rate=EVENTS_PER_SECOND)


def _sign_in(product: Product, account: Account) -> str:
    answer = httpx.post(
        f"{product.url}/api/auth/login",
        json={"email": account.email, "password": account.password},
        timeout=20,
    ).raise_for_status()
    return str(answer.json()["data"]["token"])


def _put_marked_lead_first(product: Product, account: Account) -> None:
    httpx.post(
        f"{product.url}/api/ingest/event",
        json={"event": "page_view", "anonymousId": MARKED},
        headers={"X-Write-Key": account.write_key},
    ).raise_for_status()
    product.wait_until_scored()
    lead_id = product.sql(f"SELECT id FROM lead WHERE anonymous_id = '{MARKED}'")
    httpx.post(
        f"{product.url}/api/leads/{lead_id}/adjust",
        json={"points": MARKED_SCORE, "note": "For all to see"},
        headers=account.headers,
    ).raise_for_status()
    product.wait_until_scored()


def _loops_left(web: MeasuredServer) -> float:
    def count() -> int:
        answer = httpx.get(f"http://127.0.0.1:{web.port}{BOARDS_PATH}")
        return int(answer.raise_for_status().json()["boards"])

    with contextlib.suppress(AssertionError):
        wait_for(
            lambda: count() == 0, seconds=LOOPS_END_SECONDS, what="the end of the loops"
        )
    return float(count())


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boards", type=int, default=BOARDS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    with temporary_home() as home:
        figures = measure_boards(
            home, boards=given.boards, seconds=given.seconds, rounds=given.rounds
        )
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
