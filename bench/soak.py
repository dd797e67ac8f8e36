"""Whether a web process's memory stays flat under load; `python -m bench.soak`.

Single events and batches take turns beside the worker, at a rate the machine can score,
and what the process has in memory is printed after each turn.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

from bench.ingest import BATCH_EVENTS, BATCH_PATH, EVENT_PATH
from bench.measured import measured_server
from tests.product import running_product, temporary_home

TURN_SECONDS = 15.0


def soak(home: Path, *, seconds: float, rate: float) -> Iterator[tuple[float, float]]:
    """Yield seconds since the start and megabytes, after each turn.

    Args:
        home: A folder for the product.
        seconds: How long to load it.
        rate: Events a second.
    """
    with running_product(home) as product:
        account = product.register()
        with measured_server(product, account) as web:
            started = time.monotonic()
            yield 0.0, web.resident_megabytes()
            while time.monotonic() < started + seconds:
                web.load(EVENT_PATH, seconds=TURN_SECONDS, rate=rate)
                yield time.monotonic() - started, web.resident_megabytes()
                web.load(
                    BATCH_PATH,
                    seconds=TURN_SECONDS,
                    body="native",
                    events=BATCH_EVENTS,
                    rate=rate / BATCH_EVENTS,
                )
                yield time.monotonic() - started, web.resident_megabytes()


def main() -> None:
    """Print the memory over time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=1_500.0, help="events a second")
    given = parser.parse_args()
    with temporary_home() as home:
        for seconds, megabytes in soak(
            home, seconds=60 * given.minutes, rate=given.rate
        ):
            print(f"{seconds:6.0f} s  {megabytes:7.1f} MB", flush=True)


if __name__ == "__main__":
    main()
