import time
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.conditions import Condition, ConditionGroup, Operator
from leadpulse_app.domain.fold import (
    EMPTY,
    LONG_AGO,
    Change,
    Fields,
    Folded,
    Input,
    Position,
    Recorded,
    State,
    Step,
    changes,
    fold,
    may_continue,
)
from leadpulse_app.domain.memory import read_state, store_memory
from leadpulse_app.domain.reason import FIRST_REASONS, Reason
from leadpulse_app.domain.ruleset import (
    Cap,
    GroupCaps,
    Period,
    Rule,
    RuleKind,
    Ruleset,
)
from leadpulse_app.domain.stage import Stage, Thresholds

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)  # a Sunday
ZONE = "Asia/Kolkata"


def ruleset(version: int, *points: tuple[str, int]) -> Ruleset:
    return Ruleset(
        version=version,
        rules=tuple(
            rule(n, event_type, worth)
            for n, (event_type, worth) in enumerate(points, start=1)
        ),
    )


def rule(number: int, event_type: str, points: int, **more: object) -> Rule:
    return Rule(
        id=UUID(int=number), name="r", event_type=event_type, points=points, **more
    )


def fit_rule(number: int, points: int, *conditions: Condition) -> Rule:
    return Rule(
        id=UUID(int=number),
        name="f",
        kind=RuleKind.FIT,
        points=points,
        conditions=ConditionGroup(conditions=conditions),
    )


def condition(field: str, operator: Operator, value: object = None) -> Condition:
    return Condition(field=field, operator=operator, value=value)


HAS_COMPANY = condition("lead.company", Operator.EXISTS)
IS_ADA = condition("lead.name", Operator.EQUALS, "ada")

RULES = ruleset(
    1, ("visit", 5), ("visit", 1), ("jackpot", 9_000), ("leave", -20), ("fall", -9_500)
)
OTHER_RULES = ruleset(2, ("visit", 7), ("leave", -2))
RICH_RULES = Ruleset(
    version=3,
    time_zone=ZONE,
    rules=(
        rule(1, "visit", 5, cap=Cap(times=2, per=Period.DAY)),
        rule(2, "*", 3, cap=Cap(points=7, per=Period.WEEK)),
        rule(3, "jackpot", 9_000, expires_after_days=1),
        rule(
            4, "leave", -20, expires_after_days=2, cap=Cap(points=30, per=Period.EVER)
        ),
        rule(
            6,
            "visit",
            11,
            expires_after_days=3,
            conditions=ConditionGroup(
                conditions=(condition("properties.plan", Operator.EQUALS, "pro"),)
            ),
        ),
        fit_rule(7, 40, HAS_COMPANY),
        fit_rule(8, -15, IS_ADA),
    ),
    group_caps=GroupCaps(behaviour=9_100, fit=30),
)
LAST_RULES = Ruleset(
    version=4,
    rules=(
        rule(1, "visit", 5, cap=Cap(times=3, per=Period.WEEK), expires_after_days=2),
        rule(5, "fall", -9_500),
        fit_rule(7, 25, HAS_COMPANY),
        fit_rule(9, 9_990, IS_ADA),
    ),
    thresholds=Thresholds(warm=1, hot=2, qualified=3),
)
ALL_RULES = (RULES, OTHER_RULES, RICH_RULES, LAST_RULES)
TYPES = ("visit", "jackpot", "leave", "fall", "identify", "$fields", "$adjust", "none")


def event(
    number: int,
    event_type: str,
    *,
    hour: float | None = None,
    rules: Ruleset = RULES,
    has_user_id: bool = False,
    properties: dict[str, object] | None = None,
    **traits: object,
) -> Input:
    occurred_at = NOON + timedelta(hours=number if hour is None else hour)
    position = Position(occurred_at, f"m{number}")
    return Input(position, number, event_type, traits, properties, has_user_id, rules)


@st.composite
def histories(
    draw: st.DrawFn, rulesets: tuple[Ruleset, ...] = ALL_RULES
) -> list[Input]:
    numbers = draw(st.lists(st.integers(0, 99), unique=True, max_size=25))
    return [
        event(
            number,
            draw(st.sampled_from(TYPES)),
            hour=draw(st.sampled_from((0, 1, 6.5, 12, 24, 48, 73, 200))),
            rules=draw(st.sampled_from(rulesets)),
            has_user_id=draw(st.booleans()),
            properties={
                "plan": draw(st.sampled_from(("pro", "free"))),
                "points": draw(st.sampled_from((-50, 7, 10_000))),
            },
            name=draw(st.sampled_from((None, "", "Ada", "Grace"))),
            company=draw(st.sampled_from((None, "Acme"))),
            email=draw(st.sampled_from((None, "ada@example.com", "G@example.com"))),
        )
        for number in numbers
    ]


moments = st.sampled_from((0, 24, 25, 49, 100, 1_000)).map(
    lambda hours: NOON + timedelta(hours=hours)
)


def sums(steps: list[Step]) -> Counter[tuple[int, UUID | None]]:
    found: Counter[tuple[int, UUID | None]] = Counter()
    for step in steps:
        found[step.event_id, step.rule_id] += step.delta
    return found


def ledger_of(folded: Folded) -> dict[tuple[int, UUID | None], Recorded]:
    expired = {
        (step.event_id, step.rule_id)
        for step in folded.steps
        if step.reason is Reason.EXPIRED
    }
    return {
        key: Recorded(1, delta, key in expired)
        for key, delta in sums(folded.steps).items()
    }


@given(histories(), st.randoms(), moments)
def test_the_order_of_arrival_does_not_matter(
    history: list[Input], random, until: datetime
) -> None:
    shuffled = history[:]
    random.shuffle(shuffled)
    assert fold(shuffled, until=until) == fold(history, until=until)


@given(
    st.one_of(histories(), *(histories((each,)) for each in ALL_RULES)),
    st.integers(0, 25),
    moments,
)
def test_continuing_gives_what_folding_everything_gives(
    history: list[Input], cut: int, until: datetime
) -> None:
    history.sort(key=lambda item: item.position)
    rest = history[cut:]
    first = fold(history[:cut])
    latest = max([until, *(item.position.occurred_at for item in rest)])
    in_step = all(may_continue(first.state, item.ruleset) for item in rest) and (
        rest == []
        or {item.ruleset.version for item in rest} == {rest[0].ruleset.version}
    )
    newest = max((item.ruleset.version for item in history[:cut]), default=0)
    if not rest or not in_step or rest[0].ruleset.version < newest:
        return
    if first.next_expiry is not None and first.next_expiry <= latest:
        return
    # What it remembers goes through the database on the way.
    remembered = read_state(
        first.state.score, first.state.fields, store_memory(first.state)
    )
    assert remembered == first.state
    second = fold(rest, remembered, until=until)
    whole = fold(history, until=until)
    assert first.steps + second.steps == whole.steps
    assert second.state == whole.state
    assert second.stage == whole.stage
    assert (second.last_expiry or first.last_expiry) == whole.last_expiry
    assert whole.next_expiry == min(
        filter(None, (first.next_expiry, second.next_expiry)), default=None
    )


@given(histories(), moments)
def test_each_step_stays_within_the_bounds_and_gives_at_most_its_points(
    history: list[Input], until: datetime
) -> None:
    state, _, steps, *_ = fold(history, until=until)
    score = 0
    for step in steps:
        if step.reason not in (Reason.FIT_GAINED, Reason.FIT_LOST):
            assert min(step.points, 0) <= step.delta <= max(step.points, 0)
        assert (step.reason is Reason.SCORED) <= (step.delta == step.points)
        score += step.delta
        assert 0 <= score <= 10_000
    assert state.score == score
    assert {step.event_id for step in steps} == {item.event_id for item in history}


@given(histories(), moments)
def test_no_rule_gives_more_than_its_cap_within_a_period(
    history: list[Input], until: datetime
) -> None:
    inputs = {item.event_id: item for item in history}
    given_in: dict[tuple[UUID, int, Period, int], list[int]] = defaultdict(list)
    for step in fold(history, until=until).steps:
        item = inputs[step.event_id]
        for each in item.ruleset.capped_rules:
            if each.id == step.rule_id and step.reason in FIRST_REASONS and step.delta:
                zone = ZoneInfo(item.ruleset.time_zone)
                local = item.position.occurred_at.astimezone(zone)
                began = {
                    Period.DAY: local.toordinal(),
                    Period.WEEK: local.toordinal() - local.weekday(),
                    Period.EVER: 0,
                }[each.cap.per]
                key = each.id, item.ruleset.version, each.cap.per, began
                given_in[key].append(step.delta)
    caps = {
        (each.id, rules.version): each.cap
        for rules in ALL_RULES
        for each in rules.capped_rules
    }
    for (rule_id, version, *_), deltas in given_in.items():
        cap = caps[rule_id, version]
        assert cap.times is None or len(deltas) <= cap.times
        assert cap.points is None or abs(sum(deltas)) <= cap.points


@given(histories((RICH_RULES,)), moments)
def test_each_kind_of_rules_gives_no_more_than_its_limit(
    history: list[Input], until: datetime
) -> None:
    fit = {each.id for each in RICH_RULES.fit_rules}
    behaviour, fit_total = 0, 0
    held: dict[UUID | None, int] = {}
    for step in fold(history, until=until).steps:
        # What is taken back frees the limit, though a score of 0 may take none of it.
        if step.reason is Reason.FIT_LOST:
            taken = -held.pop(step.rule_id)
            fit_total += min(taken, 30 - fit_total) if taken > 0 else taken
        elif step.rule_id in fit:
            held[step.rule_id] = step.delta
            fit_total += step.delta
        elif step.reason is Reason.EXPIRED:
            taken = step.points
            behaviour += min(taken, 9_100 - behaviour) if taken > 0 else taken
        elif step.rule_id is not None:
            behaviour += step.delta
        assert fit_total <= 30
        assert behaviour <= 9_100


def test_what_lapsed_or_was_lost_frees_the_limit_of_its_kind() -> None:
    rules = Ruleset(
        version=1,
        rules=(
            rule(1, "demo", 50, expires_after_days=1),
            rule(2, "leave", -100),
            fit_rule(3, 50, HAS_COMPANY),
        ),
        group_caps=GroupCaps(behaviour=50, fit=50),
    )
    lapsed = [
        event(1, "demo", rules=rules),
        event(2, "leave", rules=rules),
        event(30, "demo", rules=rules),
    ]
    assert fold(lapsed).state.score == 50
    lost = [
        event(1, "$fields", rules=rules, company="Acme"),
        event(2, "leave", rules=rules),
        event(3, "$fields", rules=rules, company=None),
        event(4, "$fields", rules=rules, company="Acme"),
    ]
    assert fold(lost).state.score == 50


@given(histories((RICH_RULES, LAST_RULES)), moments)
def test_rules_for_what_a_lead_is_hold_exactly_while_they_match(
    history: list[Input], until: datetime
) -> None:
    folded = fold(history, until=until)
    if not history:
        return
    last = max(history, key=lambda item: item.position).ruleset
    holding = {
        each.id
        for each in last.fit_rules
        if each.conditions.holds({}, folded.state.fields)
    }
    assert folded.state.held.keys() == holding


@given(histories(), moments, moments)
def test_points_lapse_one_after_the_other_as_time_goes_on(
    history: list[Input], one: datetime, other: datetime
) -> None:
    earlier, later = (fold(history, until=until) for until in sorted((one, other)))
    told = len(earlier.steps)
    assert later.steps[:told] == earlier.steps
    assert all(step.reason is Reason.EXPIRED for step in later.steps[told:])
    # Nothing else is to be known to fold up to the same moment again.
    assert fold(history, until=later.last_expiry or LONG_AGO) == later


@given(
    histories(),
    histories(),
    st.sets(st.integers(0, 99)),
    moments,
    moments,
    st.sampled_from(ALL_RULES),
    st.booleans(),
)
def test_the_changes_turn_one_ledger_into_another(
    before: list[Input],
    more: list[Input],
    gone: set[int],
    one: datetime,
    other: datetime,
    rules: Ruleset,
    rescores: bool,
) -> None:
    known = {item.event_id for item in before}
    more = [item for item in more if item.event_id not in known]
    later = [item for item in before if item.event_id not in gone] + more
    if rescores:
        later = [item._replace(ruleset=rules) for item in later]
    recorded = ledger_of(fold(before, until=one))
    kept = sums(fold(before, until=one).steps)
    new = {item.event_id for item in more}
    folded = fold(later, until=other)
    for step, delta, reason in changes(folded.steps, recorded, new):
        if step.event_id in new:
            assert (delta, reason) == (step.delta, step.reason)
        else:
            assert reason in (None, Reason.EXPIRED)
            assert delta or reason
        kept[step.event_id, step.rule_id] += delta
    expected = sums(folded.steps)
    assert {key: delta for key, delta in kept.items() if delta} == {
        key: delta for key, delta in expected.items() if delta
    }
    assert kept.total() == folded.state.score
    told_before = ledger_of(folded)
    assert list(changes(folded.steps, told_before, ())) == []


def test_a_score_is_clamped_at_each_step_at_both_ends() -> None:
    state, _, steps, *_ = fold(
        [event(1, "leave"), event(2, "jackpot"), event(3, "jackpot"), event(4, "fall")]
    )
    assert [step.delta for step in steps] == [0, 9_000, 1_000, -9_500]
    assert state.score == 500


def test_several_rules_of_one_event_make_one_step_each() -> None:
    assert fold([event(1, "visit")]).steps == [
        Step(1, UUID(int=1), 1, 5, 5, Reason.SCORED),
        Step(1, UUID(int=2), 1, 1, 1, Reason.SCORED),
    ]


def test_an_event_without_a_rule_makes_one_step_worth_nothing() -> None:
    assert fold([event(1, "nothing")]) == Folded(
        EMPTY, Stage.COLD, [Step(1, None, 1, 0, 0, Reason.SCORED)], None, []
    )


def test_each_event_is_scored_by_its_own_version() -> None:
    steps = fold([event(1, "visit", rules=OTHER_RULES), event(2, "visit")]).steps
    assert [(step.ruleset_version, step.points) for step in steps] == [
        (2, 7),
        (1, 5),
        (1, 1),
    ]


def test_simultaneous_events_follow_their_message_ids_by_code_point() -> None:
    at = [
        Input(Position(NOON, message_id), number, "none", None, None, False, RULES)
        for number, message_id in enumerate(
            ["b", "é", "a", "Z", "\U0001f600", "\uffee"]
        )
    ]
    assert [step.event_id for step in fold(at).steps] == [3, 2, 0, 1, 5, 4]


def test_a_later_identify_wins_and_says_nothing_by_being_silent() -> None:
    state, *_ = fold(
        [
            event(2, "identify", name="Grace", email=None, company=" "),
            event(1, "identify", name=" Ada ", email="ada@example.com", company="Acme"),
            event(4, "identify", name=7),
        ]
    )
    assert state.fields == Fields("ada@example.com", "Grace", "Acme")


def test_a_person_may_empty_a_field() -> None:
    state, *_ = fold(
        [
            event(1, "identify", name="Ada", company="Acme"),
            event(2, "$fields", name=None, company="Analytical Engines"),
        ]
    )
    assert state.fields == Fields(None, None, "Analytical Engines")


def test_a_field_is_cut_at_255_characters() -> None:
    state, *_ = fold([event(1, "identify", company="x" * 300)])
    assert state.fields.company == "x" * 255


def test_a_fold_continues_from_a_state() -> None:
    start = State(9_999, Fields(name="Ada"))
    state, _, steps, *_ = fold([event(1, "visit")], start)
    assert state == State(10_000, Fields(name="Ada"))
    assert [step.delta for step in steps] == [1, 0]


def test_a_step_that_is_worth_the_same_changes_nothing() -> None:
    _, _, steps, *_ = fold([event(1, "visit")])
    recorded = {
        (1, UUID(int=1)): Recorded(1, 5, False),
        (1, UUID(int=2)): Recorded(1, 4, False),
    }
    assert list(changes(steps, recorded, ())) == [Change(steps[1], -3, None)]


def test_what_is_no_longer_folded_is_taken_back_first() -> None:
    _, _, steps, *_ = fold([event(1, "nothing"), event(2, "visit")])
    gone = {(3, UUID(int=1)): Recorded(2, 7, False), (4, None): Recorded(2, 0, False)}
    assert list(changes(steps, gone, {2})) == [
        Change(Step(3, UUID(int=1), 2, 0, 0, Reason.SCORED), -7, None),
        Change(steps[1], 5, Reason.SCORED),
        Change(steps[2], 1, Reason.SCORED),
    ]


def test_whoever_names_a_second_email_without_a_user_id_is_somebody_else() -> None:
    known = event(1, "identify", email="Ada@example.com", name="Ada")
    state, *_ = fold(
        [
            known,
            event(2, "identify", email="grace@example.com", name="Grace"),
            event(3, "identify", email="ADA@example.com", company="Engines"),
            event(4, "identify", company="Acme", has_user_id=True),
        ]
    )
    assert state.fields == Fields("ADA@example.com", "Ada", "Acme")
    for believed in (
        event(2, "identify", email="ada@b.example", has_user_id=True),
        event(2, "$fields", email="ada@b.example"),
    ):
        assert fold([known, believed]).state.fields.email == "ada@b.example"


def test_a_hundred_thousand_steps_take_well_under_a_second() -> None:
    inputs = [event(n, "visit") for n in range(50_000)]
    started = time.process_time()
    assert len(fold(inputs).steps) == 100_000
    assert time.process_time() - started < 1
