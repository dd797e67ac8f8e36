"""The limits of properties hold for whatever is sent."""

import json
from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.properties import (
    INTEGER_RANGE,
    MAX_BYTES,
    MAX_DEPTH,
    MAX_KEYS,
    MAX_STRING_LENGTH,
    TRUNCATION_MARK,
    Json,
    find_unstorable_text,
    sanitise_properties,
)

TEXT = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20
)
LONG_TEXT = st.builds(str.__mul__, st.sampled_from("xé\n\1😀"), st.integers(0, 3_000))
NAMES = TEXT | LONG_TEXT | st.just(TRUNCATION_MARK)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.floats(),
    TEXT,
    LONG_TEXT,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4)
    ),
    max_leaves=8,
)
PROPERTIES = st.builds(
    lambda fillers, properties: {f"k{n}": n for n in range(fillers)} | properties,
    st.integers(0, MAX_KEYS + 10),
    st.dictionaries(NAMES, VALUES, max_size=6),
)


def encoded(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def assert_within_limits(value: Json, depth: int = 0) -> None:
    if isinstance(value, str):
        assert len(value) <= MAX_STRING_LENGTH
    elif isinstance(value, Mapping):
        assert depth < MAX_DEPTH
        assert len(value) <= MAX_KEYS
        for name, inner in value.items():
            assert_within_limits(name)
            assert_within_limits(inner, depth + 1)
    elif isinstance(value, Sequence):
        assert depth < MAX_DEPTH
        for inner in value:
            assert_within_limits(inner, depth + 1)
    elif isinstance(value, int):
        assert value in INTEGER_RANGE


@given(PROPERTIES)
def test_the_result_is_within_every_limit(properties: dict[str, Json]) -> None:
    sanitised = sanitise_properties(properties)
    assert_within_limits(sanitised)
    assert len(encoded(sanitised)) <= MAX_BYTES
    assert json.loads(json.dumps(sanitised, allow_nan=False)) == sanitised


@given(PROPERTIES)
def test_sanitising_twice_changes_nothing(properties: dict[str, Json]) -> None:
    once = sanitise_properties(properties)
    assert sanitise_properties(once) == once


@given(PROPERTIES)
def test_what_was_cut_is_marked_and_nothing_else_changes(
    properties: dict[str, Json],
) -> None:
    sanitised = sanitise_properties(properties)
    if sanitised != properties:
        assert sanitised[TRUNCATION_MARK]
    for name in properties.keys() - sanitised.keys():
        marked = sanitised[TRUNCATION_MARK]
        assert isinstance(marked, list)
        assert name[:100] in marked or "…" in marked


def test_a_senders_own_mark_that_is_too_large_is_cut_and_marked() -> None:
    sanitised = sanitise_properties({TRUNCATION_MARK: ["\1" * 1_000], "kept": 1})
    assert sanitised == {"kept": 1, TRUNCATION_MARK: [TRUNCATION_MARK]}


def test_properties_at_the_limits_are_left_alone() -> None:
    properties: dict[str, Json] = {f"k{n}": n for n in range(MAX_KEYS - 2)}
    properties["text"] = "é" * MAX_STRING_LENGTH
    properties["nested"] = {"list": 1, "largest": 2**64 - 1, "least": -(2**63)}
    assert sanitise_properties(properties) == properties


def test_each_cut_is_named_by_its_path() -> None:
    assert sanitise_properties(
        {
            "bio": "x" * 1_001,
            "cart": {"items": [1], "note": "y" * 1_001},
            "tags": ["a", {"deep": 1}],
            "huge": 10**400,
            "odd": float("nan"),
            "fine": "z",
        }
    ) == {
        "bio": "x" * 1_000,
        "cart": {"items": None, "note": "y" * 1_000},
        "tags": ["a", None],
        "huge": None,
        "odd": None,
        "fine": "z",
        "$truncated": ["bio", "cart.items", "cart.note", "tags.1", "huge", "odd"],
    }


def test_what_does_not_fit_in_the_bytes_is_left_out_in_order() -> None:
    texts = {f"t{n}": "x" * 999 for n in range(6)}
    sanitised = sanitise_properties({**texts, "small": 1})
    assert list(sanitised) == ["t0", "t1", "t2", "t3", "small", "$truncated"]
    assert sanitised["$truncated"] == ["t4", "t5"]


def test_a_senders_own_mark_gives_way_to_a_true_one() -> None:
    sent: dict[str, Json] = {"$truncated": "mine", "long": "x" * 2_000}
    assert sanitise_properties(sent)["$truncated"] == ["long"]


def test_text_that_postgres_cannot_store_is_found_at_any_depth() -> None:
    assert find_unstorable_text({"a": [{"b": {"c": "fine"}}]}) is None
    assert find_unstorable_text({"a": [[[[{"b": "x\0y"}]]]]}) == "x\0y"
    assert find_unstorable_text({"a": {"b\ud800": 1}}) == "b\ud800"
