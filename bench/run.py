"""Runs the benchmarks, prints one table and writes `bench/results.json`."""

import json
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.boards import BOARDS, EVENTS_PER_SECOND, measure_boards
from bench.ingest import measure_ingest
from bench.live import measure_post_to_board
from bench.scoring import measure_scoring
from bench.what_if import EVENTS, LEADS, measure_what_if
from leadpulse_app.runtime.frontend import build_frontend
from tests.product import temporary_home

RESULTS = Path(__file__).with_name("results.json")

MINIMUM_BATCHED = 40_000
"""Events a second in batches that are wanted, however slow the insert loop is."""


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
    load_before = os.getloadavg()[0]
    rows = [
        *ingest_rows(in_own_home(measure_ingest)),
        *scoring_rows(in_own_home(measure_scoring)),
        *live_rows(in_own_home(measure_post_to_board)),
        *board_rows(in_own_home(measure_boards)),
        *what_if_rows(in_own_home(measure_what_if)),
    ]
    print_table(rows)
    write_results(RESULTS, rows, load_before)


def write_results(path: Path, rows: list[Row], load_before: float) -> None:
    """Write the rows as JSON, with when and where they were measured.

    Args:
        path: The file.
        rows: What was measured.
        load_before: The machine's load average before that.
    """
    path.write_text(
        json.dumps(
            {
                "measuredAt": datetime.now(UTC).isoformat(),
                "machine": f"{os.cpu_count()} cores, {platform.platform()}",
                "loadAverageBefore": load_before,
                "rows": [asdict(row) for row in rows],
            },
            indent=2,
        )
    )


def ingest_rows(figures: Mapping[str, float]) -> list[Row]:
    """Return what is said of ingest."""
    noop, event = figures["noop_per_second"], figures["event_per_second"]
    batched, insert_loop = (
        figures["batched_per_second"],
        figures["insert_loop_per_second"],
    )
    wanted = max(MINIMUM_BATCHED, 0.35 * insert_loop)
    return [
        Row("No-op POST on the app's port", noop, "/s"),
        Row("Durable single events, worker at rest", event, "/s"),
        Row("Durable single events to no-op", event / noop, "ratio", ">= 0.5"),
        Row("Durable single event, p50", figures["event_p50_ms"], "ms"),
        Row("Durable single event, p99", figures["event_p99_ms"], "ms"),
        Row(
            "Durable single event at 70% load, p99",
            figures["event_p99_ms_at_70_percent"],
            "ms",
            "< 25",
        ),
        Row(
            "Durable single events, `ingest` alone",
            figures["event_alone_per_second"],
            "/s",
        ),
        Row("100-row insert loop on the same Postgres", insert_loop, "/s"),
        Row("Durable events in 100s", batched, "/s", f">= {wanted:,.0f}"),
        Row("Durable events in 100s to insert loop", batched / insert_loop, "ratio"),
        Row("Durable events in 100s, p50", figures["batched_p50_ms"], "ms"),
        Row(
            "Durable events in 100s, as Segment's clients send them",
            figures["segment_batched_per_second"],
            "/s",
        ),
        Row(
            "Durable single events beside scoring",
            figures["event_beside_scoring_per_second"],
            "/s",
        ),
        Row(
            "Durable single event beside scoring, p99",
            figures["event_p99_ms_beside_scoring"],
            "ms",
        ),
        Row("Web process before this load", figures["memory_before_megabytes"], "MB"),
        Row(
            f"Web process after {figures['acknowledged']:,.0f} events",
            figures["memory_after_megabytes"],
            "MB",
        ),
    ]


def scoring_rows(figures: Mapping[str, float]) -> list[Row]:
    """Return what is said of scoring."""
    scored, loop = figures["scored_per_second"], figures["lead_loop_per_second"]
    return [
        Row("Scoring, one worker, 200,000 pending", scored, "/s", ">= 25,000"),
        Row("Scoring lead by lead on the same Postgres", loop, "/s"),
        Row("Scoring to scoring lead by lead", scored / loop, "ratio", ">= 10"),
        Row(
            "Scoring by rules with caps, conditions, expiry and fit",
            figures["scored_with_memory_per_second"],
            "/s",
        ),
        Row("202 to committed score at 200/s, p50", figures["score_p50_ms"], "ms"),
        Row(
            "202 to committed score at 200/s, p95",
            figures["score_p95_ms"],
            "ms",
            "< 100",
        ),
    ]


def live_rows(figures: Mapping[str, float]) -> list[Row]:
    """Return what is said of the live board."""
    return [
        Row(
            "POST to changed score in the DOM, p50",
            figures["post_to_board_p50_ms"],
            "ms",
        ),
        Row(
            "POST to changed score in the DOM, p95",
            figures["post_to_board_p95_ms"],
            "ms",
            "< 250",
        ),
    ]


def board_rows(figures: Mapping[str, float]) -> list[Row]:
    """Return what is said of many boards beside ingest."""
    beside = f"{BOARDS} boards, {EVENTS_PER_SECOND:,.0f} events/s"
    ingest = f"Durable single event at {EVENTS_PER_SECOND:,.0f}/s"
    alone, with_boards = (
        figures["ingest_p99_ms_without_boards"],
        figures["ingest_p99_ms_with_boards"],
    )
    return [
        Row(f"POST to each of {beside}, p50", figures["board_p50_ms"], "ms"),
        Row(f"POST to each of {beside}, p95", figures["board_p95_ms"], "ms", "< 1,000"),
        Row(f"{ingest} without boards, p99", alone, "ms"),
        Row(f"{ingest} beside {BOARDS} boards, p99", with_boards, "ms"),
        Row(
            "Beside boards to without, p99",
            figures["ingest_p99_ratio"],
            "ratio",
            "<= 2",
        ),
        Row(
            "Web process, for each board",
            figures["kilobytes_per_board"],
            "kB",
            "< 1,000",
        ),
        Row("Loops left of closed boards", figures["loops_left"], "", "0"),
    ]


def what_if_rows(figures: Mapping[str, float]) -> list[Row]:
    """Return what is said of the preview of a draft."""
    history = f"{LEADS:,} leads and {EVENTS:,} events"
    return [
        Row(
            f"Preview of a draft over {history}",
            figures["preview_seconds"],
            "s",
            "<= 30",
        ),
        Row("Process of the preview at its most", figures["preview_megabytes"], "MB"),
    ]


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
