"""A preview says what publishing the draft would make of the leads, and does nothing.

That is so whatever happens meanwhile, and whatever ends the worker.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from leadpulse_app.database import connection_info, get_pool, transaction
from leadpulse_app.domain.errors import ConflictError, ForbiddenError
from leadpulse_app.domain.stage import Stage
from leadpulse_app.domain.what_if import WhatIf
from leadpulse_app.models import Role
from leadpulse_app.services import previewing
from leadpulse_app.services.previews import (
    PREVIEWS_KEPT,
    PreviewState,
    PreviewStatus,
    cancel_preview,
    get_preview,
    start_preview,
)
from leadpulse_app.services.rescoring import rescore_some
from tests.services.people import People, settle
from tests.services.previewing import ask, draft, work_all, work_once

POINTS = {"visit": 5, "demo": 50, "leave": -20, "jackpot": 9_990}
NOW = datetime(2026, 4, 1, tzinfo=UTC)
FIT_ID, CAPPED_ID = uuid4(), uuid4()


@pytest.fixture
def people() -> Iterator[People]:
    settle()  # what other tests left behind
    work_all()
    people = People.create(POINTS)
    yield people
    people.forget_pending()


def rule(people: People, event_type: str, points: int, **more: Any) -> dict[str, Any]:
    return {
        "id": str(people.rule_ids[event_type]),
        "name": event_type,
        "event_type": event_type,
        "points": points,
    } | more


def fit(points: int = 15) -> dict[str, Any]:
    knows_email = {"field": "lead.email", "operator": "contains", "value": "x@"}
    return {
        "id": str(FIT_ID),
        "name": "Known",
        "kind": "fit",
        "points": points,
        "conditions": {"conditions": [knows_email]},
    }


def on_plan(people: People, plan: str) -> dict[str, Any]:
    asked = {"field": "properties.plan", "operator": "equals", "value": plan}
    return rule(people, "visit", 9, conditions={"conditions": [asked]})


DRAFTS: list[Callable[[People], tuple[list[dict[str, Any]], dict[str, Any]]]] = [
    lambda people: ([rule(people, "visit", 7), rule(people, "demo", 12)], {}),
    lambda people: ([rule(people, "visit", 7, active=False)], {}),
    lambda people: (
        [
            rule(people, "visit", 5, cap={"times": 2, "per": "day"}),
            rule(people, "demo", 50, expires_after_days=1),
            rule(people, "leave", -3, cap={"points": 5, "per": "ever"}),
            fit(),
        ],
        {
            "group_caps": {"behaviour": 60, "fit": 10},
            "thresholds": {"warm": 5, "hot": 20, "qualified": 30},
            "time_zone": "Asia/Kolkata",
        },
    ),
    lambda people: (
        [
            on_plan(people, "pro"),
            {**rule(people, "demo", 3), "event_type": "*"},
            rule(people, "jackpot", 9_999, expires_after_days=2),
            fit(-7),
        ],
        {},
    ),
]

moments = st.sampled_from((0, 1, 700, 1_440, 1_500, 2_000, 4_000, 9_000))
events = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from((*POINTS, "scroll", "identify")),
            moments,
            st.sampled_from("uvw"),
            st.sampled_from((None, "a", "b")),
            st.sampled_from((None, "x@example.com", "y@example.com")),
        ),
        st.tuples(
            st.sampled_from((*POINTS, "scroll")),
            moments,
            st.none(),
            st.sampled_from("abc"),
            st.none(),
        ),
    ),
    max_size=14,
)


def send_all(people: People, history: list[tuple[Any, ...]]) -> None:
    for event_type, minute, user, anonymous, email in history:
        people.send(
            event_type, user=user, anonymous=anonymous, email=email, minute=minute
        )


def stored(people: People, preview_id: UUID) -> dict[str, Any]:
    (row,) = people.rows("SELECT * FROM preview WHERE id = %s", preview_id)
    return row


def result_of(people: People, preview_id: UUID) -> WhatIf:
    row = stored(people, preview_id)
    assert row["error"] is None
    assert row["finished_at"] is not None
    assert row["leads"] == row["all_leads"]
    return WhatIf.model_validate(row["result"])


def preview(
    people: People,
    rules: list[dict[str, Any]],
    settings: dict[str, Any] | None = None,
    on_stream: Callable[[], None] | None = None,
) -> WhatIf:
    preview_id = ask(people, rules, settings)
    assert work_once(on_stream)
    return result_of(people, preview_id)


def standings(people: People) -> dict[UUID, tuple[int, str]]:
    rows = people.rows("SELECT id, score, stage FROM lead WHERE root_id IS NULL")
    return {row["id"]: (row["score"], row["stage"]) for row in rows}


def ledger_points(people: People) -> dict[UUID | None, int]:
    rows = people.rows(
        "SELECT s.rule_id, sum(s.delta)::integer AS points FROM score_entry AS s"
        " JOIN lead ON lead.id = s.lead_id WHERE lead.root_id IS NULL"
        " GROUP BY s.rule_id HAVING sum(s.delta) <> 0"
    )
    return {row["rule_id"]: row["points"] for row in rows}


def ledger_shares(people: People, lead_id: UUID) -> dict[UUID | None, tuple[int, int]]:
    rows = people.rows(
        """
        SELECT rule_id, count(*) AS times, sum(points)::integer AS points
        FROM (
            SELECT rule_id, sum(delta) AS points FROM score_entry WHERE lead_id = %s
            GROUP BY event_id, rule_id HAVING sum(delta) <> 0
        ) AS given GROUP BY rule_id
        """,
        lead_id,
    )
    return {row["rule_id"]: (row["times"], row["points"]) for row in rows}


def publish_for_the_past(people: People, *content: Any) -> None:
    people.publish_stored(*content)
    with people.connection() as connection:
        connection.execute(
            "INSERT INTO rescore (project_id, version, started_by, all_leads)"
            " VALUES (%s, %s, %s, 0)",
            (people.id, people.version, uuid4()),
        )
        connection.execute(
            "INSERT INTO pending_rescore (project_id, version) VALUES (%s, %s)",
            (people.id, people.version),
        )
    while True:
        with get_pool().connection() as connection, connection.transaction():
            if rescore_some(connection) is None:
                return


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=events, content=st.sampled_from(DRAFTS))
def test_a_preview_says_what_publishing_for_the_past_then_does(
    people: People,
    history: list[tuple[Any, ...]],
    content: Callable[[People], tuple[list[dict[str, Any]], dict[str, Any]]],
) -> None:
    people = People.create(POINTS)
    send_all(people, history)
    with people.owner() as connection:
        connection.execute(
            'UPDATE event SET properties = \'{"plan": "pro"}\' WHERE id % 2 = 0'
        )
    settle()
    rules, more = content(people)
    before, old_points = standings(people), ledger_points(people)
    shares = {lead_id: ledger_shares(people, lead_id) for lead_id in before}
    said = preview(people, rules, more)
    assert (standings(people), ledger_points(people)) == (before, old_points)
    publish_for_the_past(people, rules, more)
    after = standings(people)
    assert people.differences() == []

    assert said.leads == len(before)
    assert said.changed == sum(before[each][0] != after[each][0] for each in before)
    for told in said.most_changed:
        assert (told.old_score, told.old_stage) == before[told.id]
        assert (told.new_score, told.new_stage) == after[told.id]
        explained = {each.rule_id: each for each in told.rules}
        old, new = shares[told.id], ledger_shares(people, told.id)
        assert explained.keys() == old.keys() | new.keys()
        for rule_id, each in explained.items():
            assert (each.old_times, each.old_points) == old.get(rule_id, (0, 0))
            assert (each.new_times, each.new_points) == new.get(rule_id, (0, 0))
    assert len(said.most_changed) == said.changed
    new_points = ledger_points(people)
    assert {each.rule_id: each.old for each in said.rules if each.old} == old_points
    assert {each.rule_id: each.new for each in said.rules if each.new} == new_points
    for each in said.stages:
        assert each.old == sum(stage == each.stage for _, stage in before.values())
        assert each.new == sum(stage == each.stage for _, stage in after.values())
    moves = {(move.old_stage, move.new_stage): move for move in said.moves}
    moved = [
        (Stage(before[each][1]), Stage(after[each][1]), each)
        for each in before
        if before[each][1] != after[each][1]
    ]
    assert sum(move.leads for move in said.moves) == len(moved)
    for old_stage, new_stage, lead_id in moved:
        named = moves[old_stage, new_stage].most_changed
        assert lead_id in {each.id for each in named}
    assert sum(bar.old for bar in said.bars) == len(before)
    for bar in said.bars:
        inside = range(bar.start, bar.end or 10_001)
        assert bar.old == sum(score in inside for score, _ in before.values())
        assert bar.new == sum(score in inside for score, _ in after.values())


def hold_one_back(people: People) -> None:
    with people.connection() as connection:
        connection.execute(
            "INSERT INTO quarantined_event (project_id, event_id, lead_id, reason)"
            " SELECT project_id, id, lead_id, 'bot' FROM event ORDER BY id LIMIT 1"
        )


def test_what_is_held_back_or_not_scored_yet_does_not_count(people: People) -> None:
    lead_id = people.send("demo", user="ada")
    settle()
    people.send("visit", user="ada", minute=1)
    hold_one_back(people)
    said = preview(people, [rule(people, "demo", 40), rule(people, "visit", 3)])
    assert said.events == 0
    (told,) = said.most_changed
    assert (told.id, told.old_score, told.new_score) == (lead_id, 50, 0)


def test_points_given_by_hand_stay_and_have_no_rule(people: People) -> None:
    lead_id = people.send("demo", user="ada")
    with people.connection() as connection:
        connection.execute(
            """
            WITH adjusted AS (
                INSERT INTO event (project_id, lead_id, message_id, type, properties,
                    received_at, occurred_at)
                VALUES (%s, %s, %s, '$adjust', %s, now(), now() - interval '1 day')
                RETURNING project_id, lead_id, id
            )
            INSERT INTO pending (project_id, lead_id, event_id) SELECT * FROM adjusted
            """,
            (people.id, lead_id, str(uuid4()), Jsonb({"points": 7})),
        )
    settle()
    said = preview(people, [rule(people, "demo", 40)])
    (told,) = said.most_changed
    assert (told.old_score, told.new_score) == (57, 47)
    by_hand = next(each for each in told.rules if each.rule_id is None)
    assert (by_hand.old_times, by_hand.old_points) == (1, 7)
    assert (by_hand.new_times, by_hand.new_points) == (1, 7)
    (largest, *_) = said.rules
    assert (largest.name, largest.old, largest.new) == ("demo", 50, 40)


def test_a_removed_rule_is_called_what_it_was_called_last(people: People) -> None:
    people.send("demo", user="ada")
    settle()
    said = preview(people, [rule(people, "visit", 5)])
    names = {each.name: (each.old, each.new) for each in said.rules}
    assert names == {"demo": (50, 0), "visit": (0, 0)}


def test_a_project_without_leads_is_previewed_too(people: People) -> None:
    said = preview(people, [rule(people, "visit", 5)])
    assert (said.leads, said.changed, said.moves, said.most_changed) == (0, 0, (), ())


def test_only_the_largest_changes_are_kept(people: People) -> None:
    for number in range(25):
        for minute in range(number + 1):
            people.send("scroll", user=f"user {number}", minute=minute)
    settle()
    said = preview(people, [rule(people, "visit", 40) | {"event_type": "scroll"}])
    assert said.changed == 25
    changes = [each.new_score - each.old_score for each in said.most_changed]
    assert changes == [40 * times for times in range(25, 5, -1)]
    most, least = said.moves
    assert (most.new_stage, most.leads) == (Stage.QUALIFIED, 24)
    assert [lead.new_score for lead in most.most_changed] == [
        40 * times for times in range(25, 15, -1)
    ]
    assert (least.new_stage, least.leads) == (Stage.HOT, 1)


def test_all_is_of_one_moment_while_events_arrive_and_rules_change(
    people: People,
) -> None:
    lead_id = people.send("demo", user="ada")
    settle()
    before = preview(people, [rule(people, "demo", 40)])

    def live_on() -> None:
        people.send("demo", user="ada", minute=1)
        people.send("demo", user="grace", minute=2)
        settle()
        people.publish({"demo": 1})
        people.send("demo", user="ada", minute=3)
        settle()

    said = preview(people, [rule(people, "demo", 40)], on_stream=live_on)
    assert people.score(lead_id) == 101
    assert said.model_dump(exclude={"as_of"}) == before.model_dump(exclude={"as_of"})
    assert preview(people, [rule(people, "demo", 40)]).leads == 2


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ([{"id": "no rule"}], "The draft can't be read: rules.0"),
        ([{"id": str(uuid4()), "name": "x", "points": 1}], "The draft can't be read"),
    ],
)
def test_a_draft_that_cannot_be_read_ends_in_words(
    people: People, rules: list[dict[str, Any]], says: str
) -> None:
    preview_id = ask(people, rules)
    assert work_once()
    assert stored(people, preview_id)["error"].startswith(says)
    assert not work_once()


def test_a_lead_that_cannot_be_folded_ends_it_in_words(people: People) -> None:
    people.send("visit", user="grace")
    lead_id = people.send("visit", user="ada")
    settle()
    broken = "UPDATE event SET traits = %s WHERE lead_id = %s"
    with people.owner() as connection:
        connection.execute(broken, ("[1]", lead_id))
    preview_id = ask(people, [rule(people, "visit", 7)])
    assert work_once()
    with people.owner() as connection:
        connection.execute(broken, (None, lead_id))  # others verify all projects
    row = stored(people, preview_id)
    assert str(lead_id) in row["error"]
    assert (row["result"], row["finished_at"] is None) == (None, False)
    assert not work_once()


def test_a_crash_leaves_it_to_another_worker_and_three_give_it_up(
    people: People,
) -> None:
    people.send("visit", user="ada")
    settle()
    preview_id = ask(people, [rule(people, "visit", 7)])

    def crash() -> None:
        raise KeyboardInterrupt

    for attempt in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            work_once(crash)
        row = stored(people, preview_id)
        assert (row["finished_at"], row["result"]) == (None, {"attempts": attempt})
    assert work_once()
    assert result_of(people, preview_id).changed == 1

    preview_id = ask(people, [rule(people, "visit", 7)])
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            work_once(crash)
    assert work_once()
    assert "3 times" in stored(people, preview_id)["error"]
    assert not work_once()


def test_what_one_works_on_no_other_begins(people: People) -> None:
    ask(people, [rule(people, "visit", 7)])
    others: list[bool] = []
    assert work_once(lambda: others.append(work_once()))
    assert others == [False]
    with psycopg.connect(connection_info(), autocommit=True) as connection:
        assert not previewing.is_preview_waiting(connection)


async def start(people: People, role: Role = Role.ADMIN) -> PreviewState:
    actor = replace(people.actor(), role=role)
    async with transaction(people.id) as session:
        return await start_preview(session, actor, now=datetime.now(UTC))


async def newest(people: People) -> PreviewState:
    async with transaction(people.id) as session:
        found = await get_preview(session, people.actor())
    assert found is not None
    return found


async def cancel(people: People, role: Role = Role.ADMIN) -> None:
    actor = replace(people.actor(), role=role)
    async with transaction(people.id) as session:
        await cancel_preview(session, actor, now=datetime.now(UTC))


def soon(work: Callable[[], Coroutine[Any, Any, Any]]) -> Callable[[], None]:
    """Let a worker's thread wait for what runs on this loop."""
    loop = asyncio.get_running_loop()

    def run() -> None:
        asyncio.run_coroutine_threadsafe(work(), loop).result(10)

    return run


async def test_a_preview_is_of_the_draft_as_it_stood(people: People) -> None:
    with pytest.raises(ConflictError):
        await start(people)
    lead_id = people.send("demo", user="ada", email="ada@example.com")
    settle()
    draft(people, [rule(people, "demo", 7)])
    started = await start(people)
    assert (started.status, started.is_stale) == (PreviewStatus.WAITING, False)
    draft(people, [rule(people, "demo", 8)])
    work_all()
    found = await newest(people)
    assert (found.id, found.status) == (started.id, PreviewStatus.DONE)
    assert found.is_stale
    assert found.result is not None
    assert found.result.most_changed[0].new_score == 7
    assert found.lead_names == {lead_id: "ada@example.com"}
    assert (found.leads, found.all_leads) == (1, 1)
    draft(people, [rule(people, "demo", 7)])
    assert not (await newest(people)).is_stale
    people.publish(POINTS)
    assert (await newest(people)).is_stale


async def test_without_a_zone_of_its_own_a_draft_counts_days_in_the_projects(
    people: People,
) -> None:
    for minute in (360, 400):  # 23:30 and 0:10 in India
        people.send("visit", user="ada", minute=minute)
    settle()
    with people.connection() as connection:
        connection.execute(
            "UPDATE project SET time_zone = 'Asia/Kolkata' WHERE id = %s", (people.id,)
        )
    once = {"times": 1, "per": "day"}
    draft(people, [rule(people, "visit", 5, cap=once)])
    await start(people)
    work_all()
    found = await newest(people)
    assert found.result is not None
    assert found.result.changed == 0


async def test_a_new_preview_calls_off_the_one_before(people: People) -> None:
    people.send("demo", user="ada")
    settle()
    draft(people, [rule(people, "demo", 7)])
    first = await start(people)
    draft(people, [rule(people, "demo", 8)])
    second = await start(people)
    assert people.rows(
        "SELECT id FROM pending_preview WHERE project_id = %s", people.id
    ) == [{"id": second.id}]
    work_all()
    assert stored(people, first.id)["result"] is None
    assert (await newest(people)).result is not None

    started = await start(people)
    await asyncio.to_thread(work_once, soon(lambda: start(people)))
    row = stored(people, started.id)
    assert (row["result"], row["error"]) == (None, "Another preview was asked for")
    work_all()
    assert (await newest(people)).status is PreviewStatus.DONE


async def test_the_newest_ten_are_kept(people: People) -> None:
    draft(people, [rule(people, "demo", 7)])
    for _ in range(PREVIEWS_KEPT + 2):
        last = await start(people)
    rows = people.rows("SELECT id FROM preview ORDER BY id DESC")
    assert len(rows) == PREVIEWS_KEPT
    assert rows[0]["id"] == last.id


async def test_a_preview_is_called_off_on_the_way(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        people.send("demo", user=f"user {number}")
    settle()
    draft(people, [rule(people, "demo", 7)])
    started = await start(people)
    monkeypatch.setattr(previewing, "PROGRESS_SECONDS", 0)
    await asyncio.to_thread(work_once, soon(lambda: cancel(people)))
    found = await newest(people)
    assert (found.id, found.status, found.result) == (
        started.id,
        PreviewStatus.CANCELLED,
        None,
    )
    assert (found.leads, found.all_leads) == (0, 3)
    assert not await asyncio.to_thread(work_once)

    await start(people)
    await cancel(people)
    assert not await asyncio.to_thread(work_once)
    await cancel(people)  # there is none any more
    assert (await newest(people)).status is PreviewStatus.CANCELLED


async def test_what_is_done_stays_done_when_it_is_called_off(people: People) -> None:
    draft(people, [rule(people, "demo", 7)])
    await start(people)
    work_all()
    await cancel(people)
    assert (await newest(people)).status is PreviewStatus.DONE


async def test_it_is_told_how_far_it_has_come(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        people.send("demo", user=f"user {number}")
    settle()
    draft(people, [rule(people, "demo", 7)])
    await start(people)
    seen: list[PreviewState] = []

    async def look() -> None:
        seen.append(await newest(people))

    await asyncio.to_thread(work_once, soon(look))
    (found,) = seen
    assert (found.status, found.leads, found.all_leads) == (PreviewStatus.RUNNING, 0, 3)
    assert found.result is None


async def test_only_an_admin_starts_or_calls_off(people: People) -> None:
    draft(people, [rule(people, "demo", 7)])
    for forbidden in (start, cancel):
        with pytest.raises(ForbiddenError):
            await forbidden(people, Role.MEMBER)


async def test_a_project_sees_its_own_preview_and_leads_alone(people: People) -> None:
    other = People.create(POINTS)
    for each in (people, other):
        each.send("demo", user="ada")
    settle()
    draft(other, [rule(other, "demo", 1)])
    theirs = await start(other)
    await cancel(people)
    async with transaction(people.id) as session:
        assert await get_preview(session, people.actor()) is None
    draft(people, [rule(people, "demo", 7)])
    await start(people)
    work_all()
    mine, others = await newest(people), await newest(other)
    assert others.id == theirs.id
    for found, score in ((mine, 7), (others, 1)):
        assert found.result is not None
        assert (found.result.leads, found.result.events) == (1, 1)
        assert found.result.most_changed[0].new_score == score
    assert mine.lead_names.keys() == {mine.result.most_changed[0].id}  # type: ignore[union-attr]


async def test_a_lead_that_is_gone_has_no_name(people: People) -> None:
    people.send("demo", user="ada")
    settle()
    draft(people, [rule(people, "demo", 7)])
    started = await start(people)
    work_all()
    with people.connection() as connection:
        connection.execute(
            "UPDATE preview SET result = replace(result::text, %s, %s)::jsonb"
            " WHERE id = %s",
            (
                str((await newest(people)).result.lead_ids().pop()),
                str(uuid4()),
                started.id,
            ),  # type: ignore[union-attr]
        )
    assert (await newest(people)).lead_names == {}


def test_points_lapse_until_the_moment_of_the_preview(people: People) -> None:
    minutes = (datetime.now(UTC) - timedelta(hours=23)) - datetime(
        2026, 3, 1, 12, tzinfo=UTC
    )
    people.send("demo", user="ada", minute=int(minutes / timedelta(minutes=1)))
    people.send("demo", user="grace", minute=0)
    settle()
    said = preview(people, [rule(people, "demo", 50, expires_after_days=1)])
    assert said.changed == 1
    assert said.most_changed[0].new_score == 0
