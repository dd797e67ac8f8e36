"""What is refused is kept with its reason, within bounds, and holds nobody up."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select
from sqlmodel import col

from leadpulse_app.database import transaction
from leadpulse_app.models import RejectedEvent, RejectionCount
from leadpulse_app.runtime.postgres import PostgresEngine
from leadpulse_app.runtime.valkey import ValkeyEngine
from leadpulse_app.services import live
from leadpulse_app.services.ingest import rejections
from leadpulse_app.services.ingest.rejections import Rejection, Rejections
from tests.tenants import Tenant, make_tenant


@pytest.fixture
async def recorder() -> AsyncIterator[Rejections]:
    recorder = Rejections()
    yield recorder
    await recorder.stop()


@pytest.fixture
async def tenant() -> Tenant:
    return await make_tenant()


def rejection(
    payload: bytes = b"{}",
    *,
    code: str = "invalid_event",
    message: str = "Not so",
    event_type: str | None = None,
) -> Rejection:
    return Rejection(code, message, event_type, payload)


async def kept(tenant: Tenant) -> list[RejectedEvent]:
    project_id = tenant.actor.project_id
    async with transaction(project_id) as session:
        found = await session.scalars(
            select(RejectedEvent)
            .where(col(RejectedEvent.project_id) == project_id)
            .order_by(col(RejectedEvent.id))
        )
        return list(found)


async def counts(tenant: Tenant) -> dict[str, int]:
    project_id = tenant.actor.project_id
    async with transaction(project_id) as session:
        found = await session.execute(
            select(col(RejectionCount.code), col(RejectionCount.events)).where(
                col(RejectionCount.project_id) == project_id
            )
        )
        return dict(found.all())


async def test_a_rejection_is_kept_when_record_returns(
    recorder: Rejections, tenant: Tenant
) -> None:
    project_id = tenant.actor.project_id
    await recorder.record(
        project_id,
        [
            rejection(b'{"event": "a b"}', event_type="a b"),
            rejection(b"[" * 9_000, code="too_large", message="Over 32 KB"),
        ],
    )
    by_code = {row.code: row for row in await kept(tenant)}
    assert by_code["invalid_event"].payload == '{"event": "a b"}'
    assert by_code["invalid_event"].event_type == "a b"
    assert by_code["too_large"].payload == "[" * 2048
    assert by_code["too_large"].message == "Over 32 KB"
    assert await counts(tenant) == {"invalid_event": 1, "too_large": 1}


@pytest.mark.parametrize(
    "payload",
    [b"\0\0", b"\xff\xfe" * 2_000, b'{"a": "\\u0000\\ud800"}', "é€".encode() * 999],
)
async def test_any_payload_can_be_kept(
    recorder: Rejections, tenant: Tenant, payload: bytes
) -> None:
    odd = rejection(payload, message="\0\ud800" * 999, event_type="\udfff\0")
    await recorder.record(tenant.actor.project_id, [odd])
    (row,) = await kept(tenant)
    assert len(row.payload.encode()) <= 2048


async def test_only_the_newest_are_kept_and_all_are_counted(
    recorder: Rejections, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejections, "MAX_KEPT", 10)
    for n in range(4):
        await recorder.record(tenant.actor.project_id, [rejection(b"%d" % n)] * 6)
        await asyncio.sleep(0.002)  # they are sorted by the millisecond
    rows = await kept(tenant)
    assert len(rows) == 10
    assert [row.payload for row in rows[-6:]] == ["3"] * 6
    assert await counts(tenant) == {"invalid_event": 24}


async def test_processes_that_reject_at_the_same_time_count_all_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rejections, "MAX_KEPT", 20)
    tenants = [await make_tenant() for _ in range(3)]
    processes = [Rejections() for _ in range(4)]

    async def reject(process: Rejections, n: int) -> None:
        for k in range(15):
            given = [rejection(code=f"code_{(n + k + m) % 3}") for m in range(6)]
            await process.record(tenants[(n + k) % 3].actor.project_id, given)

    await asyncio.gather(
        *(reject(process, n) for n in range(4) for process in processes)
    )
    for process in processes:
        await process.stop()
    totals = [sum((await counts(tenant)).values()) for tenant in tenants]
    assert sum(totals) == 4 * 4 * 15 * 6
    assert [len(await kept(tenant)) for tenant in tenants] == [20, 20, 20]


async def test_rejections_that_come_together_are_written_together(
    recorder: Rejections, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = 0
    write = recorder._write

    async def counted(finished: object) -> None:
        nonlocal rounds
        rounds += 1
        await write(finished)  # type: ignore[arg-type]

    monkeypatch.setattr(recorder, "_write", counted)
    project_id = tenant.actor.project_id
    await asyncio.gather(
        *(recorder.record(project_id, [rejection()]) for _ in range(50))
    )
    assert rounds <= 2
    assert await counts(tenant) == {"invalid_event": 50}


async def test_what_waits_for_postgres_is_bounded_and_counted_nevertheless(
    recorder: Rejections, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejections, "MAX_WAITING", 30)
    recorder._round = rejections._Round()
    project_id = tenant.actor.project_id
    await asyncio.gather(
        *(recorder.record(project_id, [rejection()] * 4) for _ in range(50))
    )
    assert len(await kept(tenant)) == 30
    assert await counts(tenant) == {"invalid_event": 200}


async def test_a_flood_of_one_project_leaves_room_for_the_others(
    recorder: Rejections, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejections, "MAX_KEPT", 10)
    monkeypatch.setattr(rejections, "MAX_WAITING", 30)
    recorder._round = rejections._Round()
    flooding = (await make_tenant()).actor.project_id
    await asyncio.gather(
        *(recorder.record(flooding, [rejection()] * 10) for _ in range(5)),
        recorder.record(tenant.actor.project_id, [rejection(b"mine")]),
    )
    assert [row.payload for row in await kept(tenant)] == ["mine"]


async def test_without_postgres_it_returns_and_afterwards_keeps_again(
    recorder: Rejections,
    tenant: Tenant,
    engines: tuple[PostgresEngine, ValkeyEngine],
    caplog: pytest.LogCaptureFixture,
) -> None:
    postgres, _ = engines
    project_id = tenant.actor.project_id
    await recorder.record(project_id, [rejection(b"before")])
    postgres.stop()
    try:
        for _ in range(3):
            async with asyncio.timeout(5):
                await recorder.record(project_id, [rejection(b"meanwhile")])
    finally:
        postgres.start()
    assert len([r for r in caplog.records if "not kept" in r.message]) == 1
    await recorder.record(project_id, [rejection(b"after")])
    assert [row.payload for row in await kept(tenant)] == ["before", "after"]


async def test_a_connection_lost_in_between_costs_no_rejection(
    recorder: Rejections,
    tenant: Tenant,
    engines: tuple[PostgresEngine, ValkeyEngine],
) -> None:
    postgres, _ = engines
    project_id = tenant.actor.project_id
    await recorder.record(project_id, [rejection(b"before")])
    postgres.stop()
    postgres.start()
    await recorder.record(project_id, [rejection(b"after")])
    assert [row.payload for row in await kept(tenant)] == ["before", "after"]


async def test_open_boards_are_told(recorder: Rejections, tenant: Tenant) -> None:
    changes = live.subscribe()
    assert await anext(changes) == live.Announcement()
    await recorder.record(tenant.actor.project_id, [rejection()])
    async with asyncio.timeout(10):
        async for announced in changes:
            if tenant.actor.project_id in announced.projects:
                break
    await changes.aclose()  # type: ignore[attr-defined]
