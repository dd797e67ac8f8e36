"""How many events a second become durable, beside a route that does nothing.

All are posted to the product's own web server by the same client, in turns: the
machine's mood changes, and the median of alternating rounds changes less.

Before that, 2 GB of log are written and checkpointed. In a new database Postgres has
to make each further file of its log, and commits wait 20 ms or more until it is on
disk; after its first checkpoints it writes over files that it has no more need of. So
it does in a server that has been up for an hour, which the figures are about.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from bench.insert_loop import measure_insert_loop
from bench.measured import (
    INGEST_ALONE,
    MeasuredServer,
    measured_server,
    resting_worker,
)
from bench.server import NOOP_PATH
from tests.product import Product, running_product

EVENT_PATH = "/api/ingest/event"
BATCH_PATH = "/api/ingest/batch"
SEGMENT_PATH = "/v1/batch"
BATCH_EVENTS = 100
BATCH_CONNECTIONS = 8
OPEN_CONNECTIONS = 256
SECONDS = 4.0
ROUNDS = 3
LOG_MEGABYTES = 1_000
"""What Postgres, as it is set, writes between two checkpoints at most; and about what
all rounds write."""

_Rounds = Mapping[str, Sequence[Mapping[str, float]]]


def measure_ingest(home: Path) -> dict[str, float]:
    """Measure durable events beside scoring, and then without it.

    The worker rests during the comparison, as it would on a machine of its own: what
    is compared is what an event costs the web process and Postgres. Beside scoring,
    all share the same cores.

    Returns:
        Events a second, and milliseconds, by what was measured.

    Raises:
        RuntimeError: An accepted event is not stored.
    """
    with running_product(home) as product:
        account = product.register()
        _wear_in_log(product)
        with measured_server(product, account) as web:
            web.load(EVENT_PATH, seconds=1.0)
            memory_before = web.resident_megabytes()
            before = _stored(product)
            scored = [web.load(EVENT_PATH, seconds=SECONDS) for _ in range(ROUNDS)]
            with resting_worker(product):
                rounds, inserts = _measure_in_turns(product, web)
            loads = [*scored, *(load for of in rounds.values() for load in of)]
            noops = sum(load["events"] for load in rounds["noop"])
            acknowledged = sum(load["events"] for load in loads) - noops
            if _stored(product) - before < acknowledged:
                raise RuntimeError("an event that was acknowledged is not stored")
            memory_after = web.resident_megabytes()
        with (
            measured_server(product, account, INGEST_ALONE) as ingest,
            resting_worker(product),
        ):
            ingest.load(EVENT_PATH, seconds=1.0)
            alone = [ingest.load(EVENT_PATH, seconds=SECONDS)]
    return {
        **{
            f"{name}_per_second": _median(loads, "per_second")
            for name, loads in rounds.items()
        },
        "event_p50_ms": _median(rounds["event"], "p50_ms"),
        "batched_p50_ms": _median(rounds["batched"], "p50_ms"),
        "event_p99_ms": _median(rounds["event"], "p99_ms"),
        "event_p99_ms_at_70_percent": _median(rounds["event_at_70_percent"], "p99_ms"),
        "insert_loop_per_second": median(inserts),
        "event_alone_per_second": _median(alone, "per_second"),
        "event_beside_scoring_per_second": _median(scored, "per_second"),
        "event_p99_ms_beside_scoring": _median(scored, "p99_ms"),
        "memory_before_megabytes": memory_before,
        "memory_after_megabytes": memory_after,
        "acknowledged": acknowledged,
    }


def _wear_in_log(product: Product) -> None:
    """Let Postgres have files of its log to write over, as many as it ever keeps."""
    for _ in range(2):
        product.sql(
            "SELECT max(pg_logical_emit_message(false, 'bench', repeat('x', 1000000)))"
            f" FROM generate_series(1, {LOG_MEGABYTES})"
        )
        product.sql("CHECKPOINT")


def _measure_in_turns(
    product: Product, web: MeasuredServer
) -> tuple[_Rounds, Sequence[float]]:
    rounds: dict[str, list[Mapping[str, float]]] = defaultdict(list)
    inserts = []
    database_url = product.processes("leadpulse_app", "web")[0].environ()[
        "DATABASE_URL"
    ]
    for _ in range(ROUNDS):
        rounds["noop"].append(web.load(NOOP_PATH, seconds=SECONDS))
        event = web.load(EVENT_PATH, seconds=SECONDS)
        rounds["event"].append(event)
        rounds["event_at_70_percent"].append(
            web.load(
                EVENT_PATH,
                seconds=SECONDS,
                connections=OPEN_CONNECTIONS,
                rate=0.7 * event["per_second"],
            )
        )
        for name, path, body in (
            ("batched", BATCH_PATH, "native"),
            ("segment_batched", SEGMENT_PATH, "segment"),
        ):
            rounds[name].append(
                web.load(
                    path,
                    seconds=SECONDS,
                    body=body,
                    events=BATCH_EVENTS,
                    connections=BATCH_CONNECTIONS,
                )
            )
        inserts.append(measure_insert_loop(database_url, seconds=SECONDS / 2))
    return rounds, inserts


def _median(rounds: Sequence[Mapping[str, float]], figure: str) -> float:
    return median(figures[figure] for figures in rounds)


def _stored(product: Product) -> int:
    return int(product.sql("SELECT count(*) FROM event"))
