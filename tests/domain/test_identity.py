from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.identity import (
    Alias,
    AliasKind,
    Decision,
    Identified,
    Names,
    Strength,
    decide,
    joined_leads,
    read_names,
)

ADA, GRACE = "ada@example.com", "grace@example.com"
NAMED_ADA = Alias(AliasKind.EMAIL, ADA)
DEVICE = Alias(AliasKind.ANONYMOUS, "a")

texts = st.none() | st.sampled_from(("a", "b", "c"))
people = st.builds(
    Identified,
    email=st.none() | st.sampled_from((ADA, GRACE)),
    has_user_id=st.booleans(),
)


def differ(here: Identified, there: Identified) -> bool:
    emails = {here.email, there.email} - {None}
    return len(emails) == 2 or (here.has_user_id and there.has_user_id)


def test_an_event_with_one_name_has_no_further_ones() -> None:
    for names in (
        Names("u", None, None, None),
        Names(None, "a", None, None),
        Names(None, None, ADA, None),
    ):
        assert names.further() == {}


def test_what_a_further_name_says_depends_on_the_names_beside_it() -> None:
    assert Names("u", "a", ADA, None).further() == {
        DEVICE: Strength.ANONYMOUS_ID,
        NAMED_ADA: Strength.EMAIL,
    }
    assert Names(None, "a", ADA, None).further() == {
        NAMED_ADA: Strength.ANONYMOUS_EMAIL
    }


def test_an_id_had_before_may_be_of_either_kind_and_is_told_explicitly() -> None:
    assert Names("u", "a", None, "a").further() == {
        DEVICE: Strength.EXPLICIT,
        Alias(AliasKind.USER, "a"): Strength.EXPLICIT,
    }


@given(texts, texts, st.none() | st.just(ADA), texts)
def test_the_name_that_resolves_an_event_is_not_a_further_one(
    user_id: str | None,
    anonymous_id: str | None,
    email: str | None,
    previous_id: str | None,
) -> None:
    names = Names(user_id, anonymous_id, email, previous_id)
    if user_id or anonymous_id or email:
        assert names.resolving() not in names.further()


def test_an_email_is_read_in_lower_case_and_only_where_it_is_one() -> None:
    def email_of(type_: str, email: object) -> str | None:
        return read_names(
            type=type_,
            user_id="u",
            anonymous_id=None,
            previous_id=None,
            traits={"email": email},
        ).email

    assert email_of("identify", " ADA@example.com ") == ADA
    for odd in ("nobody", "", 7, None, {"x": 1}):
        assert email_of("identify", odd) is None
    assert email_of("$fields", ADA) is None  # a person's edit names nobody


@given(people, people, st.booleans())
def test_an_anonymous_id_never_merges_people_known_to_differ(
    here: Identified, there: Identified, are_separated: bool
) -> None:
    decision = decide(
        DEVICE, Strength.ANONYMOUS_ID, here, there, are_separated=are_separated
    )
    assert (decision is Decision.MERGE) == (
        not differ(here, there) and not are_separated
    )
    assert decision in (Decision.MERGE, Decision.MOVE)


@given(people, people, st.sampled_from(Strength))
def test_what_a_person_separated_is_never_merged(
    here: Identified, there: Identified, strength: Strength
) -> None:
    for alias in (NAMED_ADA, DEVICE):
        decision = decide(alias, strength, here, there, are_separated=True)
        assert decision is not Decision.MERGE


@pytest.mark.parametrize("strength", [Strength.EXPLICIT, Strength.EMAIL])
@given(here=people, there=people)
def test_what_is_said_of_the_person_joins_whoever_has_the_name(
    strength: Strength, here: Identified, there: Identified
) -> None:
    assert (
        decide(NAMED_ADA, strength, here, there, are_separated=False) is Decision.MERGE
    )


@given(here=people, there=st.none() | people, are_separated=st.booleans())
def test_an_email_given_on_a_device_that_is_not_its_leads_is_about_somebody_else(
    here: Identified, there: Identified | None, are_separated: bool
) -> None:
    decision = decide(
        NAMED_ADA, Strength.ANONYMOUS_EMAIL, here, there, are_separated=are_separated
    )
    is_other = here.email == GRACE or (there is not None and differ(here, there))
    assert (decision is Decision.HAND_OVER) == is_other


@pytest.mark.parametrize("strength", [Strength.ANONYMOUS_EMAIL, Strength.ANONYMOUS_ID])
@given(here=people, there=people, are_separated=st.booleans())
def test_whoever_uses_a_device_never_merges_people_known_to_differ(
    strength: Strength, here: Identified, there: Identified, are_separated: bool
) -> None:
    name = NAMED_ADA if strength is Strength.ANONYMOUS_EMAIL else DEVICE
    decision = decide(name, strength, here, there, are_separated=are_separated)
    if differ(here, there):
        assert decision in (Decision.HAND_OVER, Decision.MOVE)


def test_an_email_given_on_the_device_of_one_user_does_not_join_another() -> None:
    ada, grace = Identified(None, has_user_id=True), Identified(GRACE, has_user_id=True)
    name = Alias(AliasKind.EMAIL, GRACE)
    for here in (ada, ada._replace(email=GRACE)):  # scored before it is linked
        assert (
            decide(name, Strength.ANONYMOUS_EMAIL, here, grace, are_separated=False)
            is Decision.HAND_OVER
        )
    visitor = Identified(None, has_user_id=False)
    assert (
        decide(name, Strength.ANONYMOUS_EMAIL, visitor, grace, are_separated=False)
        is Decision.MERGE
    )


@given(here=people, strength=st.sampled_from(Strength))
def test_a_name_that_nobody_has_becomes_the_leads(
    here: Identified, strength: Strength
) -> None:
    decision = decide(NAMED_ADA, strength, here, None, are_separated=False)
    assert decision in (Decision.CLAIM, Decision.HAND_OVER)


def test_leads_are_one_person_however_merges_join_them() -> None:
    a, b, c, d, e, f = (uuid4() for _ in range(6))
    joined = joined_leads([(a, b), (c, d), (e, f), (d, a)])
    assert [joined[lead] for lead in (a, b, c, d)] == [{a, b, c, d}] * 4
    assert joined[f] == {e, f}
