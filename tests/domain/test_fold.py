import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.fold import (
    EMPTY,
    Change,
    Fields,
    Input,
    Position,
    Recorded,
    State,
    Step,
    changes,
    fold,
)
from leadpulse_app.domain.ruleset import Rule, Ruleset

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ruleset(version: int, *points: tuple[str, int]) -> Ruleset:
    return Ruleset(
        version=version,
        rules=tuple(
            Rule(id=UUID(int=n), name=f"{n}", event_type=event_type, points=worth)
            for n, (event_type, worth) in enumerate(points, start=1)
        ),
    )


RULES = ruleset(
    1, ("visit", 5), ("visit", 1), ("jackpot", 9_000), ("leave", -20), ("fall", -9_500)
)
OTHER_RULES = ruleset(2, ("visit", 7), ("leave", -2))
TYPES = ("visit", "jackpot", "leave", "fall", "identify", "$fields", "nothing")


def event(
    number: int,
    event_type: str,
    *,
    minute: int | None = None,
    rules: Ruleset = RULES,
    has_user_id: bool = False,
    **traits: object,
) -> Input:
    occurred_at = NOON + timedelta(minutes=number if minute is None else minute)
    position = Position(occurred_at, f"m{number}")
    return Input(position, number, event_type, traits, has_user_id, rules)


@st.composite
def histories(draw: st.DrawFn) -> list[Input]:
    numbers = draw(st.lists(st.integers(0, 99), unique=True, max_size=25))
    return [
        event(
            number,
            draw(st.sampled_from(TYPES)),
            minute=draw(st.integers(0, 5)),
            rules=draw(st.sampled_from((RULES, OTHER_RULES))),
            has_user_id=draw(st.booleans()),
            name=draw(st.sampled_from((None, "", "Ada", "Grace"))),
            email=draw(st.sampled_from((None, "ada@example.com", "G@example.com"))),
        )
        for number in numbers
    ]


@given(histories(), st.randoms())
def test_the_order_of_arrival_does_not_matter(history: list[Input], random) -> None:
    shuffled = history[:]
    random.shuffle(shuffled)
    assert fold(shuffled) == fold(history)


@given(histories(), st.integers(0, 25))
def test_continuing_gives_what_folding_everything_gives(
    history: list[Input], cut: int
) -> None:
    history.sort(key=lambda item: item.position)
    first = fold(history[:cut])
    rest = fold(history[cut:], first.state)
    assert (rest.state, first.steps + rest.steps) == fold(history)


@given(histories())
def test_each_step_stays_within_the_bounds_and_gives_at_most_its_points(
    history: list[Input],
) -> None:
    state, steps = fold(history)
    score = 0
    for step in steps:
        assert min(step.points, 0) <= step.delta <= max(step.points, 0)
        score += step.delta
        assert 0 <= score <= 10_000
    assert state.score == score
    assert {step.event_id for step in steps} == {item.event_id for item in history}


@given(histories(), histories(), st.sets(st.integers(0, 99)))
def test_the_changes_turn_one_ledger_into_another(
    before: list[Input], more: list[Input], gone: set[int]
) -> None:
    known = {item.event_id for item in before}
    more = [item for item in more if item.event_id not in known]
    later = [item for item in before if item.event_id not in gone] + more
    recorded = {
        (step.event_id, step.rule_id): Recorded(step.ruleset_version, step.delta)
        for step in fold(before).steps
    }
    sums = Counter({key: delta for key, (_, delta) in recorded.items()})
    new = {item.event_id for item in more}
    state, steps = fold(later)
    for step, delta, is_new in changes(steps, recorded, new):
        assert is_new == (step.event_id in new)
        assert is_new or delta
        sums[step.event_id, step.rule_id] += delta
    expected = {(step.event_id, step.rule_id): step.delta for step in steps}
    assert {key: delta for key, delta in sums.items() if delta} == {
        key: delta for key, delta in expected.items() if delta
    }
    assert sums.total() == state.score


def test_a_score_is_clamped_at_each_step_at_both_ends() -> None:
    state, steps = fold(
        [event(1, "leave"), event(2, "jackpot"), event(3, "jackpot"), event(4, "fall")]
    )
    assert [step.delta for step in steps] == [0, 9_000, 1_000, -9_500]
    assert state.score == 500


def test_several_rules_of_one_event_make_one_step_each() -> None:
    assert fold([event(1, "visit")]).steps == [
        Step(1, UUID(int=1), 1, 5, 5),
        Step(1, UUID(int=2), 1, 1, 1),
    ]


def test_an_event_without_a_rule_makes_one_step_worth_nothing() -> None:
    assert fold([event(1, "nothing")]) == (EMPTY, [Step(1, None, 1, 0, 0)])


def test_each_event_is_scored_by_its_own_version() -> None:
    _, steps = fold([event(1, "visit", rules=OTHER_RULES), event(2, "visit")])
    assert [(step.ruleset_version, step.points) for step in steps] == [
        (2, 7),
        (1, 5),
        (1, 1),
    ]


def test_simultaneous_events_follow_their_message_ids_by_code_point() -> None:
    at = [
        Input(Position(NOON, message_id), number, "nothing", None, False, RULES)
        for number, message_id in enumerate(
            ["b", "é", "a", "Z", "\U0001f600", "\uffee"]
        )
    ]
    assert [step.event_id for step in fold(at).steps] == [3, 2, 0, 1, 5, 4]


def test_a_later_identify_wins_and_says_nothing_by_being_silent() -> None:
    state, _ = fold(
        [
            event(2, "identify", name="Grace", email=None, company=" "),
            event(1, "identify", name=" Ada ", email="ada@example.com", company="Acme"),
            event(4, "identify", name=7),
        ]
    )
    assert state.fields == Fields("ada@example.com", "Grace", "Acme")


def test_a_person_may_empty_a_field() -> None:
    state, _ = fold(
        [
            event(1, "identify", name="Ada", company="Acme"),
            event(2, "$fields", name=None, company="Analytical Engines"),
        ]
    )
    assert state.fields == Fields(None, None, "Analytical Engines")


def test_a_field_is_cut_at_255_characters() -> None:
    state, _ = fold([event(1, "identify", company="x" * 300)])
    assert state.fields.company == "x" * 255


def test_a_fold_continues_from_a_state() -> None:
    start = State(9_999, Fields(name="Ada"))
    state, steps = fold([event(1, "visit")], start)
    assert state == State(10_000, Fields(name="Ada"))
    assert [step.delta for step in steps] == [1, 0]


def test_a_step_that_is_worth_the_same_changes_nothing() -> None:
    _, steps = fold([event(1, "visit")])
    recorded = {(1, UUID(int=1)): Recorded(1, 5), (1, UUID(int=2)): Recorded(1, 4)}
    assert list(changes(steps, recorded, ())) == [Change(steps[1], -3, is_new=False)]


def test_what_is_no_longer_folded_is_taken_back_first() -> None:
    _, steps = fold([event(1, "nothing"), event(2, "visit")])
    gone = {(3, UUID(int=1)): Recorded(2, 7), (4, None): Recorded(2, 0)}
    assert list(changes(steps, gone, {2})) == [
        Change(Step(3, UUID(int=1), 2, 0, 0), -7, is_new=False),
        Change(steps[1], 5, is_new=True),
        Change(steps[2], 1, is_new=True),
    ]


def test_whoever_names_a_second_email_without_a_user_id_is_somebody_else() -> None:
    known = event(1, "identify", email="Ada@example.com", name="Ada")
    state, _ = fold(
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
