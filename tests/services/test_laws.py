"""However a history came about, it is worth what a fold from scratch says.

Events arrive in any order and more than once, rules change, people merge, split and
give points, points lapse, and processes die between two statements.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from leadpulse_app.database import connection_info, get_pool
from leadpulse_app.domain.adjustment import Adjustment
from leadpulse_app.domain.event import IngestedEvent
from leadpulse_app.domain.fold import Fields, Input, Position, fold
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.memory import read_state
from leadpulse_app.domain.reason import Reason
from leadpulse_app.domain.ruleset import Ruleset
from leadpulse_app.domain.search import tokens_of
from leadpulse_app.models.ledger import FIRST
from leadpulse_app.services.adjusting import adjust_score
from leadpulse_app.services.identity import link_pending
from leadpulse_app.services.ingest import GroupCommit
from leadpulse_app.services.rescoring import rescore_some
from leadpulse_app.services.scoring import expire_points, score_pending
from leadpulse_app.services.scoring.folding import refold
from leadpulse_app.services.verification import verify_project
from tests.services.people import People, settle

DAY = timedelta(days=1)
SOON = timedelta(milliseconds=150)
TYPES = ("visit", "demo", "leave", "identify")

EVENTS = """
    SELECT coalesce(origin.root_id, origin.id) AS root_id, e.*,
        greatest(stamp.ruleset_version, origin.rescored_version) AS version
    FROM event AS e
    JOIN lead AS origin ON (origin.project_id, origin.id) = (e.project_id, e.lead_id)
    JOIN (
        SELECT project_id, event_id, min(ruleset_version) AS ruleset_version
        FROM score_entry WHERE {first} GROUP BY project_id, event_id
    ) AS stamp ON (stamp.project_id, stamp.event_id) = (e.project_id, e.id)
""".replace("{first}", FIRST)


@dataclass
class History(People):
    """A tenant whose past can be told in any order."""

    began: datetime = field(default_factory=lambda: datetime.now(UTC) - SOON)
    published: list[tuple[list[dict[str, Any]], dict[str, Any]]] = field(
        default_factory=list
    )

    @classmethod
    def create(cls, points: Mapping[str, int]) -> Self:
        history = super().create(points)
        (row,) = history.rows("SELECT rules, settings FROM ruleset")
        history.published.append((row["rules"], row["settings"]))
        return history

    def event(
        self, event_type: str, hours: int | None, number: int | None, **says: Any
    ) -> IngestedEvent:
        """An event of some hours ago, or whose points lapse soon if they do."""
        if hours is None:
            at = datetime.now(UTC) - DAY + SOON
        else:
            # Never on the hour, so that nothing lapses by itself between two looks.
            at = self.began - timedelta(hours=hours, minutes=30)
            at += timedelta(seconds=next(self._ages))  # in order within an hour
        email, company = says.pop("email", None), says.pop("company", None)
        plan = says.pop("plan", None)
        traits = {"email": email, "company": company}
        return IngestedEvent(
            message_id=str(uuid4()) if number is None else f"message-{number}",
            type=event_type,
            user_id=says.pop("user", None),
            anonymous_id=says.pop("anonymous", None),
            session_id=None,
            properties={"plan": plan} if plan else {},
            timestamp=None,
            sent_at=None,
            received_at=at,
            occurred_at=at,
            previous_id=None,
            traits={key: value for key, value in traits.items() if value} or None,
        )

    def publish_rules(self, rules: Mapping[str, Any], says: Mapping[str, Any]) -> None:
        stored = [
            {
                "id": str(self.rule_ids.setdefault(name, uuid4())),
                "name": name,
                **({} if "kind" in rule else {"event_type": name}),
                **rule,
            }
            for name, rule in rules.items()
        ]
        self.published.append((stored, dict(says)))
        self.publish_stored(*self.published[-1])

    def roll_back(self, place: int) -> None:
        self.published.append(self.published[place % len(self.published)])
        self.publish_stored(*self.published[-1])

    def start_rescore(self) -> None:
        with self.connection() as connection:
            connection.execute(
                "UPDATE rescore SET finished_at = now()"
                " WHERE project_id = %s AND finished_at IS NULL",
                (self.id,),
            )
            connection.execute(
                "INSERT INTO rescore (project_id, version, started_by, all_leads)"
                " VALUES (%s, %s, %s, 0) ON CONFLICT (project_id, version) DO UPDATE"
                " SET last_lead_id = NULL, finished_at = NULL",
                (self.id, self.version, uuid4()),
            )
            connection.execute(
                "INSERT INTO pending_rescore (project_id, version) VALUES (%s, %s)"
                " ON CONFLICT (project_id) DO UPDATE SET version = excluded.version",
                (self.id, self.version),
            )

    def adjust(self, place: int, points: int, hours: int) -> None:
        leads = self.rows("SELECT id FROM lead ORDER BY id")
        if not leads:
            return
        with self.connection() as connection:
            adjust_score(
                connection,
                self.actor(),
                leads[place % len(leads)]["id"],
                Adjustment(points=points, note="Because"),
                now=self.began - timedelta(hours=hours, minutes=30),
                adjustment_id=uuid7(self.began),
            )

    def is_due_soon(self) -> bool:
        return bool(
            self.rows(
                "SELECT FROM next_expiry WHERE project_id = %s"
                " AND due_at < clock_timestamp() + interval '1 second'",
                self.id,
            )
        )

    def finish(self) -> None:
        """Do all that there is to do, and wait for what lapses soon."""
        settle()
        while run_once(rescore_some):
            pass
        while run_once(expire_points).found_work or self.is_due_soon():
            pass
        settle()

    def rulesets(self) -> dict[int, Ruleset]:
        return {
            row["version"]: Ruleset.model_validate(
                {"version": row["version"], "rules": row["rules"], **row["settings"]}
            )
            for row in self.rows("SELECT version, rules, settings FROM ruleset")
        }


def run_once(work: Callable[[psycopg.Connection], Any]) -> Any:
    with get_pool().connection() as connection, connection.transaction():
        return work(connection)


def die_during(work: Callable[[psycopg.Connection], Any], statements: int) -> None:
    """Do work in a transaction whose connection is gone before it is committed.

    It goes after so many statements, if there are as many.
    """

    class Mortal(psycopg.Cursor[Any]):
        done = 0

        def execute(self, *arguments: Any, **options: Any) -> Self:
            if Mortal.done == statements:
                self.connection.close()
            Mortal.done += 1
            return super().execute(*arguments, **options)

    with (
        suppress(psycopg.OperationalError),
        psycopg.connect(connection_info(), cursor_factory=Mortal) as connection,
        connection.transaction(),
    ):
        work(connection)
        connection.close()


def score_some(leads: int) -> Callable[[psycopg.Connection], Any]:
    return lambda connection: score_pending(
        connection, limit_leads=leads, limit_events_per_lead=leads
    )


def assert_verified(history: History) -> None:
    """Let the product itself find nothing wrong, whatever is still to be done."""
    with get_pool().connection() as connection:
        for lead_id, differences in verify_project(connection, history.id):
            assert differences == [], lead_id


def assert_laws(history: History) -> None:
    """Compare each lead with a fold of its events, and let a refold change nothing."""
    assert history.pending() == history.links() == 0
    (counted,) = history.rows(
        "SELECT (SELECT count(*) FROM event) AS events,"
        " count(DISTINCT event_id) AS scored,"
        " count(*) - count(DISTINCT (event_id, rule_id)) AS twice"
        f" FROM score_entry WHERE {FIRST}"
    )
    assert counted["events"] == counted["scored"]
    assert counted["twice"] == 0
    rulesets = history.rulesets()
    inputs: dict[UUID, list[Input]] = {}
    for row in history.rows(EVENTS):
        inputs.setdefault(row["root_id"], []).append(
            Input(
                Position(row["occurred_at"], row["message_id"]),
                row["id"],
                row["type"],
                row["traits"],
                row["properties"],
                row["user_id"] is not None,
                rulesets[row["version"]],
            )
        )
    before = history.rows("SELECT * FROM lead WHERE root_id IS NULL ORDER BY id")
    for lead in before:
        folded = fold(inputs.get(lead["id"], ()), until=datetime.now(UTC))
        fields = Fields(lead["email"], lead["name"], lead["company"])
        assert read_state(lead["score"], fields, lead["memory"]) == folded.state
        assert lead["stage"] == folded.stage
        assert lead["last_expiry_at"] == folded.last_expiry
    roots = [lead["id"] for lead in before]
    if not roots:
        return
    with history.connection() as connection:
        refold(connection, history.id, roots, cause=Reason.REFOLDED)
    after = history.rows("SELECT * FROM lead WHERE root_id IS NULL ORDER BY id")
    assert after == before


def assert_found_by_names(history: History) -> None:
    """Each root has the words of its people's names, and nobody else has any."""
    names: dict[UUID, list[dict[str, Any]]] = {}
    for lead in history.rows("SELECT * FROM lead ORDER BY id"):
        names.setdefault(lead["root_id"] or lead["id"], []).append(lead)
    wanted = {
        (root_id, token)
        for root_id, members in names.items()
        for token in tokens_of(
            member[name]
            for name in ("name", "email", "company", "anonymous_id", "user_id")
            for member in sorted(members, key=lambda lead: lead["id"])
        )
    }
    rows = history.rows("SELECT lead_id, token FROM lead_token")
    assert {(row["lead_id"], row["token"]) for row in rows} == wanted


def capped(**limit: Any) -> st.SearchStrategy[dict[str, Any]]:
    periods = st.sampled_from(("day", "week", "ever"))
    return periods.map(lambda period: {**limit, "per": period})


points = st.sampled_from((-20, -5, 3, 5, 50, 9_990))
conditions = st.sampled_from(
    (
        [{"field": "properties.plan", "operator": "equals", "value": "pro"}],
        [{"field": "lead.email", "operator": "exists"}],
        [{"field": "lead.company", "operator": "not_equals", "value": "Acme"}],
    )
)
behaviour_rules = st.fixed_dictionaries(
    {"points": points},
    optional={
        "cap": capped(times=1) | capped(times=2) | capped(points=7),
        "expires_after_days": st.sampled_from((1, 2)),
        "conditions": conditions,
    },
)
fit_rules = st.fixed_dictionaries(
    {
        "kind": st.just("fit"),
        "points": st.sampled_from((-15, 10, 25)),
        "conditions": st.sampled_from(
            (
                [{"field": "lead.email", "operator": "contains", "value": "x@"}],
                [{"field": "lead.company", "operator": "equals", "value": "Acme"}],
                [{"field": "lead.company", "operator": "exists", "value": False}],
            )
        ),
    }
)
rules = st.fixed_dictionaries(
    {"visit": behaviour_rules, "demo": behaviour_rules},
    optional={
        "leave": behaviour_rules,
        "*": behaviour_rules,
        "known": fit_rules,
        "company": fit_rules,
    },
)
limits = st.fixed_dictionaries(
    {},
    optional={
        "group_caps": st.fixed_dictionaries(
            {},
            optional={
                "behaviour": st.sampled_from((12, 60)),
                "fit": st.sampled_from((10, 30)),
            },
        ),
        "time_zone": st.sampled_from(("Europe/Berlin", "Pacific/Auckland")),
    },
)
said = st.fixed_dictionaries(
    {},
    optional={
        "email": st.sampled_from(("x@example.com", "y@example.com")),
        "company": st.sampled_from(("Acme", "Beta")),
        "plan": st.sampled_from(("pro", "free")),
    },
)
named = st.one_of(
    st.fixed_dictionaries(
        {"user": st.sampled_from("uuv")}, optional={"anonymous": st.sampled_from("ab")}
    ),
    st.fixed_dictionaries({"anonymous": st.sampled_from("ab")}),
)
hours = st.one_of(st.none(), st.just(0), st.integers(0, 80))
events = st.tuples(
    st.sampled_from(TYPES), hours, st.one_of(st.none(), st.integers(0, 4)), named, said
)
works = st.one_of(
    st.builds(score_some, st.integers(1, 3)),
    st.sampled_from((link_pending, expire_points, rescore_some)),
)
arrivals = st.tuples(
    st.just("events"), st.lists(events, min_size=1, max_size=4), st.booleans()
)
steps = st.one_of(
    arrivals,
    arrivals,
    arrivals,
    st.tuples(st.just("work"), works),
    st.tuples(st.just("die"), works, st.integers(0, 12)),
    st.tuples(st.just("unmerge"), st.integers(0, 9)),
    st.tuples(st.just("publish"), rules, limits, st.booleans()),
    st.tuples(st.just("roll back"), st.integers(0, 9), st.booleans()),
    st.tuples(
        st.just("adjust"),
        st.integers(0, 9),
        st.sampled_from((-30, 8)),
        st.integers(0, 80),
    ),
    st.tuples(st.just("finish")),
)


@pytest.fixture
def commits() -> Iterator[Callable[[UUID, Sequence[IngestedEvent]], None]]:
    """Ingest, on a loop of its own that runs while something is taken in."""
    settle()  # what other tests left behind
    while run_once(rescore_some) or run_once(expire_points).found_work:
        pass
    with asyncio.Runner() as runner:
        commit = GroupCommit(enqueue_hint=lambda: None)

        async def start() -> None:
            commit.start()

        async def take(project_id: UUID, events: Sequence[IngestedEvent]) -> None:
            await commit.submit_many(project_id, events)

        runner.run(start())
        yield lambda project_id, events: runner.run(take(project_id, events))
        runner.run(commit.stop())


@settings(
    max_examples=20,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a step is slow to shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    first=st.none() | rules, says=limits, told=st.lists(steps, min_size=8, max_size=40)
)
def test_every_history_is_worth_what_a_fold_from_scratch_says(
    commits: Callable[[UUID, Sequence[IngestedEvent]], None],
    first: dict[str, Any] | None,
    says: dict[str, Any],
    told: list[tuple[Any, ...]],
) -> None:
    history = History.create({"visit": 5, "demo": 50, "leave": -20})
    if first:
        history.publish_rules(first, says)
    for step in told:
        match step:
            case ("events", list(arriving), bool(scored)):
                commits(
                    history.id,
                    [
                        history.event(type_, ago, number, **names, **told_of)
                        for type_, ago, number, names, told_of in arriving
                    ],
                )
                if scored:
                    run_once(score_pending)
            case ("work", work):
                run_once(work)
            case ("die", work, int(statements)):
                die_during(work, statements)
            case ("unmerge", int(place)):
                if merges := history.merges():
                    history.unmerge(merges[place % len(merges)])
            case ("publish", dict(changed), dict(limited), bool(rescore)):
                history.publish_rules(changed, limited)
                if rescore:
                    history.start_rescore()
            case ("roll back", int(place), bool(rescore)):
                history.roll_back(place)
                if rescore:
                    history.start_rescore()
            case ("adjust", int(place), int(points), int(ago)):
                history.adjust(place, points, ago)
            case ("finish",):
                history.finish()
        assert_verified(history)
    history.finish()
    assert_verified(history)
    assert_laws(history)
    assert_found_by_names(history)
