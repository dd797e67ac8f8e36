"""Whether scoring and lists slow down as leads pile up; `make bench-large`.

The same backlogs are scored beside 10,000 leads with 50,000 events and beside 1,000,000
leads with 5,000,000 events, each in a Postgres of its own.
"""

import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from bench.backlog import connect, measure_backlog
from bench.large_leads import measure_leads
from bench.many_leads import fill
from bench.measured import UNLIMITED
from bench.run import Row, print_table, write_results
from leadpulse_app.runtime.frontend import build_frontend
from tests.product import running_product, temporary_home

RESULTS = Path(__file__).with_name("results-large.json")

FEW_LEADS = 10_000
MANY_LEADS = 1_000_000

LEADS_OF_BACKLOG = 10_000
ROUNDS = 3

FREE_GIGABYTES = 15
"""What the larger of the two may need while it is made."""


def measure_beside(home: Path, leads: int) -> tuple[dict[str, float], list[Row]]:
    """Measure scoring beside so many leads, and the list of them where they are many.

    Returns:
        Events a second of backlogs with ten events a lead and with one, the gigabytes
        that the database has, and the seconds that it took to fill; and what there is
        to say of the list.

    Raises:
        RuntimeError: Of few leads, one is not worth what its events are.
    """
    with running_product(home, **UNLIMITED) as product:
        account = product.register()
        with connect(product) as connection:
            started = time.perf_counter()
            fill(connection, account.project_id, leads)
            filled = time.perf_counter() - started
            size = connection.execute(
                "SELECT pg_database_size(current_database()) / 1e9"
            ).fetchone()
        figures = {
            name: median(
                measure_backlog(
                    product,
                    account,
                    events=LEADS_OF_BACKLOG * events_per_lead,
                    leads=LEADS_OF_BACKLOG,
                )
                for _ in range(ROUNDS)
            )
            for name, events_per_lead in (("dense", 10), ("sparse", 1))
        }
        if leads == FEW_LEADS:  # of many, it would take longer than all else
            verified = product.verify()
            if verified.returncode != 0:
                raise RuntimeError(verified.stdout + verified.stderr)
        listed = measure_leads(product, account) if leads == MANY_LEADS else []
    figures |= {
        "gigabytes": float(size[0]) if size else 0.0,
        "seconds_to_fill": filled,
    }
    return figures, listed


def large_rows(few: Mapping[str, float], many: Mapping[str, float]) -> list[Row]:
    """Return what is said of the two."""
    rows = []
    for name, what in (("dense", "10 events a lead"), ("sparse", "1 event a lead")):
        rows += [
            Row(f"Scoring, {what}, beside {FEW_LEADS:,} leads", few[name], "/s"),
            Row(f"Scoring, {what}, beside {MANY_LEADS:,} leads", many[name], "/s"),
            Row(
                f"Scoring, {what}, beside few leads to many",
                few[name] / many[name],
                "ratio",
                "<= 1.5",
            ),
        ]
    return [
        *rows,
        Row(f"Database with {MANY_LEADS:,} leads", many["gigabytes"], "GB"),
        Row(f"Filling it with {MANY_LEADS:,} leads", many["seconds_to_fill"], "s"),
    ]


def main() -> None:
    """Measure one after the other on an otherwise idle machine."""
    build_frontend()
    load_before = os.getloadavg()[0]
    measured = []
    for leads in (FEW_LEADS, MANY_LEADS):
        with temporary_home() as home:
            free = shutil.disk_usage(home).free / 1e9
            if free < FREE_GIGABYTES:
                raise SystemExit(f"{home} needs {FREE_GIGABYTES} GB, {free:.0f} free")
            measured.append(measure_beside(home, leads))
    (few, _), (many, listed) = measured
    rows = [*large_rows(few, many), *listed]
    print_table(rows)
    write_results(RESULTS, rows, load_before)


if __name__ == "__main__":
    main()
