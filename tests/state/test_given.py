"""What any client sends as an id or a search is read, or nothing is."""

from uuid import UUID

import pytest

from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.domain.lead_filter import MAXIMUM_QUERY_LENGTH
from leadpulse_app.state.given import (
    read_message_id,
    read_query,
    read_uuid,
    require_uuid,
)

ID = "01890000-0000-7000-8000-000000000001"


@pytest.mark.parametrize("given", [None, "", 7, ["a"], "x" * 36, ID[:-1], f"{{{ID}}}"])
def test_what_is_no_id_is_read_as_none(given: object) -> None:
    assert read_uuid(given) is None
    with pytest.raises(NotFoundError, match="There is no such rule"):
        require_uuid(given, "rule")


def test_an_id_is_read() -> None:
    assert read_uuid(ID) == require_uuid(ID, "lead") == UUID(ID)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (" ada\x00 lovelace ", "ada lovelace"),
        (None, ""),
        (7, ""),
        ("a" * 999, "a" * MAXIMUM_QUERY_LENGTH),
    ],
)
def test_a_search_is_what_can_be_typed(given: object, read: str) -> None:
    assert read_query(given) == read


@pytest.mark.parametrize("given", [None, 7, "", "\0", "x" * 999, "\ud800"])
def test_what_is_no_message_id_is_read_as_none(given: object) -> None:
    assert read_message_id(given) == ""
