"""What a score is made of adds up to it, now and as of every moment before."""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from leadpulse_app.database import get_pool, transaction
from leadpulse_app.domain.adjustment import Adjustment
from leadpulse_app.domain.errors import InvalidInputError, NotFoundError
from leadpulse_app.domain.outlook import NOTHING_AHEAD, Lapse, Outlook, StageChange
from leadpulse_app.domain.stage import Stage
from leadpulse_app.models import Reason
from leadpulse_app.services import outlook
from leadpulse_app.services.adjusting import adjust_score
from leadpulse_app.services.explanation import (
    Explanation,
    RuleShare,
    Share,
    explain_score,
)
from leadpulse_app.services.history import list_history
from leadpulse_app.services.identity.roots import lock_roots
from leadpulse_app.services.outlook import read_outlook
from leadpulse_app.services.scoring import expire_points
from leadpulse_app.services.scoring.folding import refold
from tests.services.people import People, settle
from tests.services.scoring_project import NOON

DAY = 24 * 60

PLAIN: Mapping[str, Mapping[str, Any]] = {
    "visit": {"event_type": "visit", "points": 5},
    "demo": {"event_type": "demo", "points": 50},
}

RICH: Mapping[str, Mapping[str, Any]] = {
    "visit": {
        "event_type": "visit",
        "points": 5,
        "cap": {"times": 2, "per": "day"},
    },
    "demo": {"event_type": "demo", "points": 50, "expires_after_days": 3},
    "leave": {"event_type": "leave", "points": -30},
    "company": {
        "kind": "fit",
        "points": 7,
        "conditions": [{"field": "lead.name", "operator": "exists"}],
    },
}

SENDERS: list[dict[str, Any]] = [
    {"user": "ada"},
    {"user": "ada", "name": "Ada"},
    {"anonymous": "x"},
]


@pytest.fixture
def people() -> Iterator[People]:
    settle()  # what other tests left behind
    expire_all()
    people = People.create(dict.fromkeys((*RICH, "gone"), 1))
    publish(people, PLAIN)
    yield people
    people.forget_pending()


def publish(
    people: People,
    rules: Mapping[str, Mapping[str, Any]],
    settings: dict[str, Any] | None = None,
) -> None:
    people.publish_stored(
        [
            {"id": str(people.rule_ids[name]), "name": name, **says}
            for name, says in rules.items()
        ],
        settings,
    )


def expire_all() -> None:
    found_work = True
    while found_work:
        with get_pool().connection() as connection, connection.transaction():
            found_work = expire_points(connection).found_work


def adjust(people: People, lead_id: UUID, points: int, note: str = "Why") -> None:
    with people.connection() as connection:
        adjust_score(
            connection,
            people.actor(),
            lead_id,
            Adjustment(points=points, note=note),
            now=datetime.now(UTC),
        )


async def explain(people: People, lead_id: UUID, **more: Any) -> Explanation:
    async with transaction(people.id) as session:
        return await explain_score(
            session, people.actor(), lead_id, now=datetime.now(UTC), **more
        )


def by_name(explained: Explanation) -> dict[str | None, RuleShare]:
    return {share.rule_name: share for share in explained.rules}


def total(explained: Explanation) -> int:
    return explained.adjustments.delta + sum(share.delta for share in explained.rules)


async def test_a_score_is_explained_by_rule_the_most_points_first(
    people: People,
) -> None:
    for event_type in ("visit", "visit", "demo", "nothing"):
        lead_id = people.send(event_type, user="ada")
    settle()
    explained = await explain(people, lead_id)
    assert (explained.score, explained.stage) == (60, Stage.QUALIFIED)
    assert (explained.sequence, explained.ruleset_version) == (4, 2)
    assert [
        (each.rule_name, each.times, each.points, each.delta)
        for each in explained.rules
    ] == [("demo", 1, 50, 50), ("visit", 2, 10, 10)]
    assert explained.adjustments == Share(0, 0, 0, 0, 0, 0, 0)
    assert explained.corrections == ()
    assert len(explained.history.entries) == 4


async def test_caps_lapses_and_the_ends_of_the_scale_are_told_apart(
    people: People,
) -> None:
    publish(people, RICH)
    lead_id = people.send("leave", user="ada", minute=-4 * DAY)
    for minute in range(3):
        people.send("visit", user="ada", minute=minute - 4 * DAY + 1)
    people.send("demo", user="ada", minute=-4 * DAY + 9)
    settle()
    shares = by_name(await explain(people, lead_id))
    assert shares["leave"].clamped == 1
    assert (shares["leave"].points, shares["leave"].delta) == (-30, 0)
    visit = shares["visit"]
    assert (visit.times, visit.points, visit.delta, visit.capped) == (3, 15, 10, 1)
    assert visit.rule is not None
    assert visit.rule.cap is not None
    demo = shares["demo"]
    assert (demo.times, demo.points, demo.delta, demo.expired) == (1, 50, 0, -50)


async def test_what_people_gave_is_told_beside_the_rules_with_note_and_name(
    people: People,
) -> None:
    lead_id = people.send("visit", user="ada")
    adjust(people, lead_id, 30, "Met at a fair")
    adjust(people, lead_id, -5)
    settle()
    explained = await explain(people, lead_id)
    gave = explained.adjustments
    assert (gave.times, gave.points, gave.delta) == (2, 25, 25)
    assert total(explained) == explained.score == 30
    _, given, _ = explained.history.entries
    assert (given.note, given.reason) == ("Met at a fair", Reason.MANUAL)
    assert given.rule_name == "Adjusted by somebody who left: Met at a fair"


async def test_a_rule_for_what_a_lead_is_counts_once_while_it_holds(
    people: People,
) -> None:
    publish(people, RICH)
    lead_id = people.send("visit", user="ada", name="Ada")
    settle()
    fit = by_name(await explain(people, lead_id))["company"]
    assert (fit.times, fit.points, fit.delta) == (1, 7, 7)
    publish(people, PLAIN)
    people.send("visit", user="ada", minute=1)
    settle()
    explained = await explain(people, lead_id)
    assert "company" not in by_name(explained)
    assert total(explained) == explained.score == 10
    lost = next(
        entry for entry in explained.history.entries if entry.reason is Reason.FIT_LOST
    )
    # The version that takes the points back is the one without the rule.
    assert (lost.rule_name, lost.ruleset_version, lost.delta) == ("company", 4, -7)


async def test_as_of_a_moment_it_is_what_the_board_said_then(people: People) -> None:
    lead_id = people.send("visit", user="ada")
    settle()
    publish(people, PLAIN, {"thresholds": {"warm": 51, "hot": 52, "qualified": 53}})
    people.send("demo", user="ada", minute=-5)
    settle()
    first, second = [line["recorded_at"] for line in people.ledger(lead_id)]
    earlier = await explain(people, lead_id, at=first)
    assert (earlier.score, earlier.stage, earlier.sequence) == (5, Stage.COLD, 1)
    assert earlier.ruleset_version == 2
    assert list(by_name(earlier)) == ["visit"]
    assert [entry.sequence for entry in earlier.history.entries] == [1]
    assert earlier.lapses_at is None
    before = await explain(people, lead_id, at=second - timedelta(microseconds=1))
    assert before.score == 5
    later = await explain(people, lead_id, at=second)
    assert (later.score, later.stage) == (55, Stage.QUALIFIED)
    assert later.ruleset_version == 3


async def test_a_stage_now_is_the_one_that_the_lead_has(people: People) -> None:
    lead_id = people.send("visit", user="ada")
    settle()
    with people.owner() as connection:
        connection.execute("UPDATE lead SET stage = 'hot' WHERE id = %s", (lead_id,))
    assert (await explain(people, lead_id)).stage == Stage.HOT


async def test_before_the_first_line_and_after_now_there_is_nothing_to_explain(
    people: People,
) -> None:
    lead_id = people.send("visit", user="ada")
    settle()
    (line,) = people.ledger(lead_id)
    for at in (
        line["recorded_at"] - timedelta(microseconds=1),
        datetime.min.replace(tzinfo=UTC),
        datetime.now(UTC) + timedelta(minutes=1),
        datetime.max.replace(tzinfo=UTC),
    ):
        with pytest.raises(InvalidInputError) as refused:
            await explain(people, lead_id, at=at)
        assert list(refused.value.details or {}) == ["at"]


async def test_a_lead_that_nothing_was_scored_of_is_worth_nothing(
    people: People,
) -> None:
    explained = await explain(people, people.add_lead())
    assert (explained.score, explained.stage) == (0, Stage.COLD)
    assert (explained.ruleset_version, explained.sequence) == (None, 0)
    assert explained.rules == ()


async def test_one_that_was_merged_away_is_explained_as_its_root(
    people: People,
) -> None:
    ada = people.send("visit", user="ada")
    visitor = people.send("demo", anonymous="x")
    settle()
    people.send("identify", user="ada", anonymous="x")
    settle()
    explained = await explain(people, visitor)
    assert explained.lead_id == people.root(ada)
    assert explained.score == total(explained) == 55
    shares = by_name(explained)
    assert {name: share.times for name, share in shares.items()} == {
        "visit": 1,
        "demo": 1,
    }
    assert sum(share.corrected for share in shares.values()) == sum(
        each.delta for each in explained.corrections
    )
    (merge,) = people.merges()
    people.unmerge(merge)
    for lead_id, name in ((ada, "visit"), (visitor, "demo")):
        explained = await explain(people, lead_id)
        assert list(by_name(explained)) == [name]
        assert explained.rules[0].times == 1
        assert total(explained) == explained.score


async def test_what_a_late_event_takes_from_another_is_a_correction_of_its_rule(
    people: People,
) -> None:
    publish(people, RICH)
    for minute in (10, 20, 5):
        lead_id = people.send("visit", user="ada", minute=minute)
        settle()
    visit = by_name(await explain(people, lead_id))["visit"]
    assert (visit.times, visit.points, visit.delta) == (3, 15, 10)
    assert visit.corrected == -5


async def test_lines_are_paged_and_stay_those_of_the_moment(people: People) -> None:
    for minute in range(5):
        lead_id = people.send("visit", user="ada", minute=minute)
        settle()
    at = people.ledger(lead_id)[3]["recorded_at"]
    first = await explain(people, lead_id, at=at, limit=3)
    rest = await explain(
        people, lead_id, at=at, limit=3, cursor=first.history.next_cursor
    )
    lines = first.history.entries + rest.history.entries
    assert [line.sequence for line in lines] == [4, 3, 2, 1]
    assert rest.score == first.score == 20


async def test_another_projects_lead_is_not_found(people: People) -> None:
    theirs = People.create({"visit": 5})
    lead_id = theirs.send("visit", user="ada")
    settle()
    with pytest.raises(NotFoundError):
        await explain(people, lead_id)
    with people.connection() as connection:
        seen = read_outlook(connection, people.actor(), lead_id, now=datetime.now(UTC))
    assert seen == NOTHING_AHEAD


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_every_moments_shares_add_up_to_its_score(
    people: People, seed: int
) -> None:
    chance = random.Random(seed)
    lead_ids = [people.send("visit", user="ada")]
    for step in range(14):
        match chance.randrange(8):
            case 0:
                rules = dict(chance.sample(list(RICH.items()), chance.randint(1, 4)))
                publish(people, rules, {"group_caps": {"behaviour": 60}})
            case 1:
                adjust(people, lead_ids[0], chance.choice([-10_000, -3, 40]))
            case 2:
                people.send("identify", user="ada", anonymous="x", minute=step)
            case 3 if people.merges():
                people.unmerge(people.merges()[0])
            case 4:
                roots = sorted({people.root(each) for each in lead_ids})
                with people.connection() as connection:
                    lock_roots(connection, people.id, roots)
                    connection.execute(
                        "UPDATE lead SET rescored_version = %s", (people.version,)
                    )
                    refold(connection, people.id, roots, cause=Reason.RESCORED)
            case _:
                lead_ids.append(
                    people.send(
                        chance.choice(["visit", "demo", "leave"]),
                        minute=chance.randint(-9 * DAY, 0),
                        **chance.choice(
                            [
                                {"user": "ada"},
                                {"user": "ada", "name": "Ada"},
                                {"anonymous": "x"},
                            ]
                        ),
                    )
                )
        settle()
        expire_all()
    assert people.differences() == []
    for lead_id in sorted(set(map(people.root, lead_ids))):
        now = await explain(people, lead_id)
        assert total(now) == now.score == people.lead(lead_id)["score"]
        for line in people.ledger(lead_id):
            then = await explain(people, lead_id, at=line["recorded_at"])
            assert total(then) == then.score
            assert all(share.times >= 0 for share in then.rules)
        for share in now.rules:
            told = [
                line["delta"]
                for line in people.ledger(lead_id)
                if line["rule_id"] == share.rule_id
            ]
            assert sum(told) == share.delta


async def test_what_lies_ahead_is_told_for_a_lead_of_which_points_lapse(
    people: People,
) -> None:
    publish(people, RICH)
    minute = int((datetime.now(UTC) - NOON) / timedelta(minutes=1))
    lead_id = people.send("demo", user="ada", minute=minute)
    people.send("visit", user="ada", minute=minute)
    settle()
    due = NOON + timedelta(minutes=minute, days=3)
    assert (await explain(people, lead_id)).lapses_at == due
    with people.connection() as connection:
        ahead = read_outlook(connection, people.actor(), lead_id, now=datetime.now(UTC))
    assert ahead == Outlook(Lapse(due, -50), StageChange(Stage.COLD, due))


async def test_a_lead_with_too_much_to_fold_is_told_only_when_points_lapse(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(people, RICH)
    minute = int((datetime.now(UTC) - NOON) / timedelta(minutes=1))
    lead_id = people.send("demo", user="ada", minute=minute)
    people.send("visit", user="ada", minute=minute)
    settle()
    monkeypatch.setattr(outlook, "MAXIMUM_ENTRIES", 1)
    with people.connection() as connection:
        ahead = read_outlook(connection, people.actor(), lead_id, now=datetime.now(UTC))
    assert ahead == Outlook(Lapse(NOON + timedelta(minutes=minute, days=3), None))


async def test_a_rule_is_named_as_it_was_in_the_version_of_its_line(
    people: People,
) -> None:
    lead_id = people.send("visit", user="ada")
    settle()
    publish(people, {"visit": {**PLAIN["visit"], "name": "Visited"}})
    people.send("visit", user="ada", minute=1)
    settle()
    async with transaction(people.id) as session:
        page = await list_history(session, people.actor(), lead_id)
    assert [entry.rule_name for entry in page.entries] == ["Visited", "visit"]
