from uuid import UUID

import pytest

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.lead_filter import LeadFilter


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"query": "x" * 201}, "query"),
        ({"query": "a\x00b"}, "query"),
        ({"minimum_score": -1}, "minimum_score"),
        ({"minimum_score": 5, "maximum_score": 4}, "maximum_score"),
        ({"maximum_score": 10_001}, "maximum_score"),
        ({"seen_within_days": 0}, "seen_within_days"),
        ({"seen_within_days": 366}, "seen_within_days"),
        ({"owner_id": UUID(int=1), "unowned": True}, "owner_id"),
        ({"tag": " "}, "tag"),
        ({"tag": "x" * 41}, "tag"),
        ({"event_type": ""}, "event_type"),
        ({"event_type": "x" * 65}, "event_type"),
    ],
)
def test_what_is_out_of_range_is_refused_by_its_field(
    given: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        LeadFilter(**given)  # type: ignore[arg-type]
    assert list(refused.value.details or ()) == [field]


def test_every_field_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(InvalidInputError) as refused:
        LeadFilter(minimum_score=-1, seen_within_days=0, tag="")
    assert set(refused.value.details or ()) == {
        "minimum_score",
        "seen_within_days",
        "tag",
    }


def test_a_filter_keeps_search_and_tag_as_they_are_looked_up() -> None:
    wanted = LeadFilter(query="  ada ", tag=" VIP ")
    assert (wanted.query, wanted.tag) == ("ada", "vip")


def test_a_filter_of_blanks_leaves_out_nobody() -> None:
    assert LeadFilter(query="  ") == LeadFilter()
    assert LeadFilter(minimum_score=0) != LeadFilter()


def test_a_search_without_a_letter_or_digit_leaves_nobody() -> None:
    assert LeadFilter(query="@ -").is_nobody
    assert not LeadFilter(query="@ a").is_nobody
    assert not LeadFilter().is_nobody
