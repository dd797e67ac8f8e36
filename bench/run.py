"""Runs the benchmarks, prints one table and writes `bench/results.json`."""

import json
import os
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.ingest import measure_ingest
from bench.live import measure_post_to_board
from leadpulse_app.runtime.frontend import build_frontend
from tests.product import temporary_home

RESULTS = Path(__file__).with_name("results.json")


@dataclass(frozen=True)
class Row:
    """A line of the table: a figure, with the target for it if there is one."""

    name: str
    figure: float
    unit: str
    target: str = ""


def main() -> None:
    """Measure one thing after the other on an otherwise idle machine."""
    build_frontend()
    ingest, live = in_own_home(measure_ingest), in_own_home(measure_post_to_board)
    rows = [
        Row("No-op POST on the app's port", ingest["noop_per_second"], "/s"),
        Row("Durable single events, worker at rest", ingest["events_per_second"], "/s"),
        Row("Durable events to no-op", ingest["events_to_noop"], "ratio", ">= 0.35"),
        Row("Durable single event, p50", ingest["event_p50_ms"], "ms"),
        Row("Durable single event, p99", ingest["event_p99_ms"], "ms"),
        Row(
            "Durable single events beside scoring",
            ingest["events_per_second_beside_scoring"],
            "/s",
        ),
        Row(
            "Durable single event beside scoring, p99",
            ingest["event_p99_ms_beside_scoring"],
            "ms",
        ),
        Row(
            "POST to changed score in the DOM, p50", live["post_to_board_p50_ms"], "ms"
        ),
        Row(
            "POST to changed score in the DOM, p95",
            live["post_to_board_p95_ms"],
            "ms",
            "< 250",
        ),
    ]
    print_table(rows)
    RESULTS.write_text(
        json.dumps(
            {
                "measuredAt": datetime.now(UTC).isoformat(),
                "machine": f"{os.cpu_count()} cores, {platform.platform()}",
                "rows": [asdict(row) for row in rows],
            },
            indent=2,
        )
    )


def in_own_home(measure: Callable[[Path], dict[str, float]]) -> dict[str, float]:
    """Measure a product that has data of its own and leaves none."""
    with temporary_home() as home:
        return measure(home)


def print_table(rows: list[Row]) -> None:
    """Print the rows as a table in Markdown."""
    print("| what | figure | unit | target |")
    print("| --- | ---: | --- | --- |")
    for row in rows:
        digits = 2 if row.figure < 10 else 0
        print(f"| {row.name} | {row.figure:,.{digits}f} | {row.unit} | {row.target} |")


if __name__ == "__main__":
    main()
