"""A made-up year is the same for the same seed, and looks like one that happened."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from leadpulse_app.domain.demo import YEAR, Plan, anchor_id, make_plan, set_demo_rules
from leadpulse_app.domain.demo.calendar import PRICING, WEBINAR, Calendar
from leadpulse_app.domain.fold import Input, Position, fold
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.ruleset import (
    DEFAULT_POINTS,
    Rule,
    Ruleset,
    RulesetContent,
)
from leadpulse_app.domain.stage import Stage

NOW = datetime(2026, 5, 20, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(seed=1, now=NOW)


def test_two_thousand_people_do_about_sixty_thousand_things(plan: Plan) -> None:
    assert len(plan.people) == 2_000
    assert 54_000 <= len(plan.events) <= 66_000
    companies = Counter(person.company for person in plan.people if person.company)
    assert 250 <= len(companies) <= 350
    assert companies.most_common(1)[0][1] > 10


def test_the_same_seed_gives_the_same_year_and_another_one_another() -> None:
    assert make_plan(seed=7, now=NOW, people=20) == make_plan(
        seed=7, now=NOW, people=20
    )
    assert (
        make_plan(seed=7, now=NOW, people=20).events
        != make_plan(seed=8, now=NOW, people=20).events
    )


def test_message_ids_are_unique_and_events_are_in_order(plan: Plan) -> None:
    assert len({event.message_id for event in plan.events}) == len(plan.events)
    arrivals = [event.received_at for event in plan.events]
    assert arrivals == sorted(arrivals)
    assert arrivals[0] >= NOW - YEAR
    assert NOW - timedelta(hours=12) < arrivals[-1] <= NOW


def test_a_year_begins_with_its_anchor() -> None:
    events = make_plan(seed=3, now=NOW, people=5).events
    (anchor,) = [event for event in events if event.message_id == anchor_id(3)]
    assert anchor.occurred_at == NOW - YEAR


def test_weekdays_are_busier_than_weekends_and_days_than_nights(plan: Plan) -> None:
    days = Counter(event.occurred_at.weekday() for event in plan.events)
    assert min(days[day] for day in range(5)) > 1.5 * max(days[5], days[6])
    office = sum(8 <= event.occurred_at.hour < 19 for event in plan.events)
    assert office > 0.75 * len(plan.events)


def test_campaigns_show_as_waves(plan: Plan) -> None:
    calendar = Calendar(now=NOW, days=YEAR.days, zone=ZoneInfo("UTC"))
    visits = Counter(
        event.occurred_at.date() for event in plan.events if event.type == "page_view"
    )
    for campaign in (WEBINAR, PRICING):
        day = calendar.campaign_day(campaign)
        week_before = sum(visits[day - timedelta(days=ago)] for ago in range(1, 8)) / 7
        assert visits[day] > 1.5 * week_before


def test_few_of_many_convert(plan: Plan) -> None:
    types = Counter(event.type for event in plan.events)
    identified = {
        event.traits["email"] for event in plan.events if event.traits is not None
    }
    assert 0.4 <= len(identified) / len(plan.people) <= 0.7
    assert 0.03 <= types["demo_request"] / len(plan.people) <= 0.12
    assert 0 < types["contract_signed"] < types["demo_request"] < types["signup"]
    assert types["unsubscribe"] > 0


def test_some_come_by_two_devices(plan: Plan) -> None:
    devices: dict[str, set[str]] = {}
    for event in plan.events:
        if event.traits is not None and event.anonymous_id is not None:
            devices.setdefault(event.traits["email"], set()).add(event.anonymous_id)
    assert sum(len(known) > 1 for known in devices.values()) > 50


def test_the_warmer_a_stage_the_fewer_stand_in_it(plan: Plan) -> None:
    content = set_demo_rules(RulesetContent(rules=first_rules()))
    ruleset = Ruleset(version=1, rules=content.rules)
    deeds: dict[str, list[Input]] = {}
    for number, event in enumerate(plan.events):
        person = event.message_id.split("-")[2]
        position = Position(event.occurred_at, event.message_id)
        deeds.setdefault(person, []).append(
            Input(position, number, event.type, event.traits, {}, False, ruleset)
        )
    stages = Counter(
        fold(sorted(inputs, key=lambda each: each.position), until=NOW).stage
        for inputs in deeds.values()
    )
    counts = [stages[stage] for stage in Stage]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] > 50


def first_rules() -> tuple[Rule, ...]:
    return tuple(
        Rule(id=uuid7(NOW), name=event_type, event_type=event_type, points=points)
        for event_type, points in DEFAULT_POINTS.items()
    )


def test_the_rules_keep_their_ids_and_let_interest_fade() -> None:
    rules = first_rules()
    edited = set_demo_rules(RulesetContent(rules=rules)).rules
    assert [rule.id for rule in edited] == [rule.id for rule in rules]
    by_type = {rule.event_type: rule for rule in edited}
    assert by_type["page_view"].expires_after_days == 30
    assert by_type["contract_signed"].points == DEFAULT_POINTS["contract_signed"]
