"""How fast the list of leads and the overview answer in a project of a million leads.

It is measured in the services, as the page and the API ask them, and the export over
HTTP. `python -m bench.large_leads --leads 100000` measures this alone, smaller.
"""

import argparse
import asyncio
import os
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import httpx
import psutil
from sqlalchemy.ext.asyncio import AsyncSession

from bench.backlog import connect
from bench.many_leads import describe, fill
from bench.measured import UNLIMITED
from bench.run import Row, print_table
from leadpulse_app.database import get_engine, transaction
from leadpulse_app.domain.intelligence import Risk
from leadpulse_app.domain.lead_filter import LeadFilter, LeadSort
from leadpulse_app.domain.period import Range, period_of
from leadpulse_app.domain.stage import Stage
from leadpulse_app.runtime.frontend import build_frontend
from leadpulse_app.services.actors import Actor, resolve_actor
from leadpulse_app.services.events import list_recent_events
from leadpulse_app.services.leads import count_by_stage, list_leads
from leadpulse_app.services.overview import (
    read_distribution,
    read_figures,
    read_movers,
)
from leadpulse_app.services.queue_health import read_queue_health
from leadpulse_app.settings import get_settings
from tests.product import Account, Product, running_product, temporary_home

PAGE = 50
FEED_LENGTH = 30
TIMES = 20

FIRST_ROWS_MS = 150.0
FILTERED_MS = 200.0
OVERVIEW_MS = 1_000.0
EXPORT_GROWTH_MB = 150.0

FILTERS: Mapping[str, LeadFilter] = {
    "a name": LeadFilter(query="first77 last1077"),
    "an email": LeadFilter(query="person4711@company4711.example"),
    "the start of a word": LeadFilter(query="comp"),
    "broad words": LeadFilter(query="first last company example"),
    "broad words, few leads": LeadFilter(query="first1 company11"),
    "a word nobody has": LeadFilter(query="nobody"),
    "a stage": LeadFilter(stage=Stage.QUALIFIED),
    "a score": LeadFilter(minimum_score=60, maximum_score=65),
    "low risk": LeadFilter(risk=Risk.LOW),
    "high risk": LeadFilter(risk=Risk.HIGH),
    "seen within a day": LeadFilter(seen_within_days=1),
    "seen within a month": LeadFilter(seen_within_days=30),
    "an owner": LeadFilter(),
    "no owner": LeadFilter(unowned=True),
    "a rare tag": LeadFilter(tag="vip"),
    "a common tag": LeadFilter(tag="newsletter"),
    "a common event": LeadFilter(event_type="page_view"),
    "an event nobody did": LeadFilter(event_type="purchase"),
    "a stage, a tag, a word": LeadFilter(stage=Stage.HOT, tag="event", query="first"),
    "a tag and an event": LeadFilter(tag="newsletter", event_type="download"),
}


def measure_leads(product: Product, account: Account) -> list[Row]:
    """Describe the leads of a product, and measure how fast they are listed."""
    web = product.processes("leadpulse_app", "web")[0]
    os.environ |= {
        "DATABASE_URL": web.environ()["DATABASE_URL"],
        "LEADPULSE_HOME": str(product.home),  # the secret of sign-ins is in it
    }
    get_settings.cache_clear()
    timed, overviews = asyncio.run(_measure_reads(product, account))
    rows = [
        Row(
            f"Leads: first rows, {name}",
            milliseconds,
            "ms p95",
            f"< {FILTERED_MS if name.startswith('with') else FIRST_ROWS_MS:g}",
        )
        for name, milliseconds in timed.items()
    ] + [
        Row(f"Overview of {name}", milliseconds, "ms p95", f"< {OVERVIEW_MS:g}")
        for name, milliseconds in overviews.items()
    ]
    seconds, growth, leads = _measure_export(product, account, web)
    return [
        *rows,
        Row(f"Leads: export of {leads:,} rows", seconds, "s"),
        Row(
            "Leads: memory of web while exporting",
            growth,
            "MB more",
            f"< {EXPORT_GROWTH_MB:g}",
        ),
    ]


async def _measure_reads(
    product: Product, account: Account
) -> tuple[dict[str, float], dict[str, float]]:
    """Return milliseconds of lists and of overviews, by what they are of."""
    async with transaction() as session:
        actor = await resolve_actor(session, account.token)
    with connect(product) as connection:
        describe(connection, account.project_id, actor.user_id)
    timed = {
        f"by {_words(sort)}": await _time_list(actor, LeadFilter(), sort)
        for sort in LeadSort
    }
    timed["counts of stages"] = await _time(
        actor, lambda session: count_by_stage(session, actor)
    )
    for name, wanted in FILTERS.items():
        if name == "an owner":
            wanted = LeadFilter(owner_id=actor.user_id)
        for sort in LeadSort:
            timed[f"with {name}, by {_words(sort)}"] = await _time_list(
                actor, wanted, sort
            )
    overviews = {wanted.value: await _time_overview(actor, wanted) for wanted in Range}
    await get_engine().dispose()
    return timed, overviews


def _words(sort: LeadSort) -> str:
    return sort.replace("_", " ")


async def _time_list(actor: Actor, wanted: LeadFilter, sort: LeadSort) -> float:
    async def read(session: AsyncSession) -> None:
        now = datetime.now(UTC)
        await list_leads(session, actor, now=now, limit=PAGE, wanted=wanted, sort=sort)

    return await _time(actor, read)


async def _time_overview(actor: Actor, wanted: Range) -> float:
    """Time all that the page of the overview reads at once."""

    async def read(session: AsyncSession) -> None:
        now = datetime.now(UTC)
        period = period_of(wanted, now=now, zone=ZoneInfo(actor.time_zone))
        await read_figures(session, actor, period=period)
        await read_distribution(session, actor)
        await read_queue_health(session, actor)
        await read_movers(session, actor, now=now)
        await list_recent_events(session, actor, limit=FEED_LENGTH)

    return await _time(actor, read)


async def _time(
    actor: Actor, read: Callable[[AsyncSession], Awaitable[object]]
) -> float:
    """Return the milliseconds of the slowest reading but one."""
    took = []
    for _ in range(TIMES):
        async with transaction(actor.project_id) as session:
            started = time.perf_counter()
            await read(session)
            took.append(1e3 * (time.perf_counter() - started))
    return sorted(took)[int(0.95 * (len(took) - 1))]


def _measure_export(
    product: Product, account: Account, web: psutil.Process
) -> tuple[float, float, int]:
    """Return seconds, megabytes (10^6 bytes) at most beyond before, and rows."""
    httpx.get(
        f"{product.url}/api/leads/export?q=nobody", headers=account.headers
    ).raise_for_status()  # loads what exports need
    serving = [web, *web.children(recursive=True)]
    before = _resident(serving)
    most, done = [before], threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            most.append(_resident(serving))

    watcher = threading.Thread(target=watch)
    watcher.start()
    started, lines = time.perf_counter(), 0
    with httpx.stream(
        "GET", f"{product.url}/api/leads/export", headers=account.headers, timeout=60
    ) as answer:
        answer.raise_for_status()
        for part in answer.iter_bytes():
            lines += part.count(b"\n")
    seconds = time.perf_counter() - started
    done.set()
    watcher.join()
    return seconds, (max(most) - before) / 1e6, lines - 1


def _resident(processes: list[psutil.Process]) -> int:
    return sum(process.memory_info().rss for process in processes)


def main() -> None:
    """Measure a project of as many leads as the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--leads", type=int, default=1_000_000)
    leads = parser.parse_args().leads
    build_frontend()
    with temporary_home() as home, running_product(home, **UNLIMITED) as product:
        account = product.register()
        with connect(product) as connection:
            fill(connection, account.project_id, leads)
        print_table(measure_leads(product, account))


if __name__ == "__main__":
    main()
