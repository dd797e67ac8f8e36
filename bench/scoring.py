"""How many events a second one worker scores, beside scoring lead by lead.

The backlogs are scored by the product's own worker process with its two threads. In
each round the loop that scores as the Node original does gets the same events, on the
same Postgres, while the worker rests.
"""

from pathlib import Path
from statistics import median

from bench.backlog import (
    add_leads,
    connect,
    measure_backlog,
    publish_rules_with_memory,
    superuser_url,
)
from bench.lead_loop import measure_lead_loop
from bench.measured import UNLIMITED, resting_worker
from bench.score_latency import measure_score_latency
from tests.product import running_product, temporary_home

LEADS = 20_000
EVENTS = 200_000
ROUNDS = 3
LOOP_SECONDS = 10.0


def measure_scoring(home: Path) -> dict[str, float]:
    """Measure how fast events are scored, and how soon.

    Returns:
        Events a second, and milliseconds, by what was measured.
    """
    with running_product(home, **UNLIMITED) as product:
        plain = product.register()
        memory = product.register("Grace")
        with connect(product) as connection:
            publish_rules_with_memory(connection, memory.project_id)
            for account in (plain, memory):
                add_leads(connection, account.project_id, LEADS)
        latency = measure_score_latency(product, plain)
        scored, loops, remembered = [], [], []
        for _ in range(ROUNDS):
            scored.append(measure_backlog(product, plain, events=EVENTS, leads=LEADS))
            with resting_worker(product):
                loops.append(
                    measure_lead_loop(
                        superuser_url(product),
                        plain.project_id,
                        events=EVENTS,
                        seconds=LOOP_SECONDS,
                    )
                )
            remembered.append(
                measure_backlog(
                    product, memory, events=EVENTS, leads=LEADS, traits=True
                )
            )
        verified = product.verify()
        if verified.returncode != 0:
            raise RuntimeError(verified.stdout + verified.stderr)
    return {
        "scored_per_second": median(scored),
        "lead_loop_per_second": median(loops),
        "scored_with_memory_per_second": median(remembered),
        **latency,
    }


def main() -> None:
    """Measure scoring alone."""
    with temporary_home() as home:
        for name, figure in measure_scoring(home).items():
            print(f"{name:32} {figure:12,.2f}")


if __name__ == "__main__":
    main()
