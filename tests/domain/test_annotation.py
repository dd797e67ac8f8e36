import pytest

from leadpulse_app.domain.annotation import normalise_note, normalise_tag
from leadpulse_app.domain.errors import InvalidInputError


def test_a_tag_is_trimmed_and_folded_to_lower_case() -> None:
    assert normalise_tag("  Key ACCOUNT ") == "key account"
    assert normalise_tag("E\u0301") == "\u00e9"
    assert normalise_tag("x" * 40) == "x" * 40


@pytest.mark.parametrize("tag", ["", "  ", "x" * 41, "a\nb", "a\0b", "\ud800"])
def test_a_tag_that_can_t_be_shown_is_refused(tag: str) -> None:
    with pytest.raises(InvalidInputError):
        normalise_tag(tag)


def test_a_note_keeps_its_lines() -> None:
    assert normalise_note(" Called.\nCall again. ") == "Called.\nCall again."


@pytest.mark.parametrize("body", ["", " \n ", "x" * 5_001, "a\0b", "\ud800"])
def test_a_note_that_can_t_be_kept_is_refused(body: str) -> None:
    with pytest.raises(InvalidInputError):
        normalise_note(body)
