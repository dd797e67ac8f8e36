"""What became of a file is told, whatever the page reports of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.state.upload_outcome import (
    NO_OUTCOME,
    BadLine,
    UploadOutcome,
    outcome_of,
)


def told(answer: object) -> UploadOutcome:
    return outcome_of(answer, verb="Added", name="event")


def test_an_upload_is_told_in_counts_and_lines() -> None:
    outcome = told(
        {
            "data": {
                "accepted": 1200,
                "duplicates": 1,
                "rejected": 102,
                "errors": [{"line": 3, "code": "x", "message": "No"}, 7],
            }
        }
    )
    assert outcome.said == "Added 1,200 events. 1 was there before."
    assert outcome.problem == "102 rows could not be taken."
    assert outcome.bad_lines == (BadLine("3", "No"),)
    assert outcome.more == "And 101 more rows."


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"message": "The file is over 10 MB"}, "The file is over 10 MB."),
        ({"message": 7, "data": 7}, "The file could not be uploaded."),
        ({}, "The file could not be uploaded."),
    ],
)
def test_a_refused_upload_is_told_in_words(answer: object, problem: str) -> None:
    assert told(answer).problem == problem


@pytest.mark.parametrize("answer", [None, 7, "x", [], [{}]])
def test_an_answer_that_is_none_shows_nothing(answer: object) -> None:
    assert told(answer) == NO_OUTCOME


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["accepted", "rejected", "errors", "line", "message"]),
                inner,
            )
        ),
    )
)
def test_no_answer_breaks_the_page(data: object) -> None:
    told({"data": data})
