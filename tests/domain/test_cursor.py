"""A cursor comes back as the position it was made of, and nothing else is one."""

from typing import Literal, TypeAlias
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from leadpulse_app.domain.cursor import decode_cursor, encode_cursor
from leadpulse_app.domain.errors import InvalidInputError

Position: TypeAlias = tuple[Literal["score"], int, UUID]
POSITION: TypeAdapter[Position] = TypeAdapter(Position)


@given(st.integers(0, 10_000), st.uuids())
def test_a_position_survives_the_way_out_and_back(score: int, lead_id: UUID) -> None:
    cursor = encode_cursor(("score", score, lead_id), POSITION)
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?# ")
    assert decode_cursor(cursor, POSITION) == ("score", score, lead_id)


@given(st.text())
def test_anything_else_is_refused_by_name(cursor: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        decode_cursor(cursor, POSITION)
    assert refusal.value.details is not None
    assert "cursor" in refusal.value.details
