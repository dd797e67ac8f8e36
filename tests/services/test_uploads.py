"""A file's events are stored before the answer, each once, however often it comes."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import BytesIO

import pytest
from sqlalchemy import select
from sqlmodel import col

from leadpulse_app.database import transaction
from leadpulse_app.domain.errors import InvalidInputError, UnavailableError
from leadpulse_app.models import Event, Pending
from leadpulse_app.services import uploads
from leadpulse_app.services.ingest import GroupCommit
from leadpulse_app.services.uploads import (
    CHUNK_RECORDS,
    MAX_PROBLEMS_TOLD,
    UploadResult,
    store_upload,
)
from tests.tenants import Tenant, make_tenant

HEADER = "event,userId,plan\n"


@pytest.fixture
async def tenant() -> Tenant:
    return await make_tenant()


@pytest.fixture
async def group_commit() -> AsyncIterator[GroupCommit]:
    commit = GroupCommit(enqueue_hint=lambda: None)
    commit.start()
    yield commit
    await commit.stop()


async def upload(
    group_commit: GroupCommit, tenant: Tenant, content: str | bytes
) -> UploadResult:
    data = content.encode() if isinstance(content, str) else content
    return await store_upload(
        group_commit,
        tenant.actor.project_id,
        BytesIO(data),
        received_at=datetime.now(UTC),
    )


async def stored(tenant: Tenant) -> list[Event]:
    async with transaction(tenant.actor.project_id) as session:
        found = await session.scalars(
            select(Event)
            .where(col(Event.project_id) == tenant.actor.project_id)
            .order_by(col(Event.user_id))
        )
        return list(found)


async def test_a_bad_row_is_told_with_its_line_and_the_rest_is_stored(
    group_commit: GroupCommit, tenant: Tenant
) -> None:
    result = await upload(
        group_commit, tenant, f"{HEADER}signup,u1,team\nsignup,,\nsignup,u2,solo\n"
    )
    assert (result.accepted, result.duplicates, result.rejected) == (2, 0, 1)
    (problem,) = result.errors
    assert (problem.line, problem.code) == (3, "invalid_event")
    assert [(event.user_id, event.properties) for event in await stored(tenant)] == [
        ("u1", {"plan": "team"}),
        ("u2", {"plan": "solo"}),
    ]
    async with transaction() as session:
        pending = await session.scalars(
            select(col(Pending.event_id)).where(
                col(Pending.project_id) == tenant.actor.project_id
            )
        )
        assert len(list(pending)) == 2


async def test_a_file_that_comes_again_adds_what_was_missing(
    group_commit: GroupCommit, tenant: Tenant
) -> None:
    rows = "signup,u1,team\nsignup,u1,team\n"
    first = await upload(group_commit, tenant, HEADER + rows)
    again = await upload(group_commit, tenant, f"{HEADER}{rows}signup,u3,team\n")
    assert (first.accepted, first.duplicates) == (2, 0)
    assert (again.accepted, again.duplicates) == (1, 2)
    assert len(await stored(tenant)) == 3


async def test_a_file_of_many_chunks_is_stored_whole(
    group_commit: GroupCommit, tenant: Tenant
) -> None:
    size = 3 * CHUNK_RECORDS + 1
    events = [{"event": "signup", "userId": f"u{n % 7}"} for n in range(size)]
    result = await upload(group_commit, tenant, json.dumps(events))
    assert (result.accepted, result.rejected) == (size, 0)
    assert len(await stored(tenant)) == size


async def test_of_many_problems_the_first_are_told_and_all_are_counted(
    group_commit: GroupCommit, tenant: Tenant
) -> None:
    size = MAX_PROBLEMS_TOLD + 50
    result = await upload(group_commit, tenant, HEADER + "signup,,\n" * size)
    assert result.rejected == size
    assert [problem.line for problem in result.errors] == [
        *range(2, MAX_PROBLEMS_TOLD + 2)
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (f"{HEADER}signup,u1,caf\xe9\n".encode("latin-1"), "Line 2"),
        (f"{HEADER}signup,u1,team\n".encode("utf-16"), "Line 1"),
        (HEADER.encode() + b"a\n" * 70_000 + b"\xff", "Line 70002"),
        (f"{HEADER}signup,u1,".encode() + b"\xc3", "Line 2"),
    ],
)
async def test_a_file_that_is_not_utf_8_is_refused_whole(
    group_commit: GroupCommit, tenant: Tenant, content: bytes, line: str
) -> None:
    with pytest.raises(InvalidInputError, match=rf"{line} is not in UTF-8"):
        await upload(group_commit, tenant, content)
    assert await stored(tenant) == []


async def test_a_byte_order_mark_is_no_part_of_the_header(
    group_commit: GroupCommit, tenant: Tenant
) -> None:
    for content in (f"{HEADER}signup,u1,team\n", '[{"event": "x", "userId": "u2"}]'):
        result = await upload(group_commit, tenant, content.encode("utf-8-sig"))
        assert (result.accepted, result.rejected) == (1, 0)


async def test_when_nothing_can_be_stored_the_answer_says_from_which_line_on(
    group_commit: GroupCommit, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "PATIENCE_SECONDS", (0.01, 0.01))
    await group_commit.stop()
    with pytest.raises(UnavailableError, match=r"0 events are stored.* line 3 on") as (
        refused
    ):
        await upload(group_commit, tenant, f"{HEADER}signup,,\nsignup,u1,team\n")
    assert refused.value.retry_after
    assert refused.value.details == {"line": "3", "stored": "0"}
