"""A file is read record by record; what is wrong is told in its place."""

import csv
import json
import time
import tracemalloc
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO, StringIO, TextIOWrapper
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.event import IngestedEvent
from leadpulse_app.domain.uploads import EventReader, Problem, Record, read_records

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def read(text: str) -> list[Record | Problem]:
    return list(read_records(StringIO(text, newline="")))


def events(text: str) -> list[IngestedEvent | Problem]:
    reader = EventReader(received_at=NOW)
    return [
        record if isinstance(record, Problem) else reader.read(record)
        for record in read(text)
    ]


def event(text: str) -> IngestedEvent:
    (found,) = events(text)
    assert isinstance(found, IngestedEvent), found
    return found


def places(text: str) -> list[tuple[int, bool]]:
    return [(found.line, isinstance(found, Record)) for found in read(text)]


def message_ids(text: str) -> list[str]:
    return [found.message_id for found in events(text)]  # type: ignore[union-attr]


def test_columns_are_fields_and_every_other_column_is_a_property() -> None:
    found = event(
        "event,anonymousId,userId,email,timestamp,messageId,sessionId,plan,,Zip\r\n"
        "signup,a1,u1,Ada@Example.com,2026-01-02T03:04:05Z,m1,s1,team,x,01234\r\n"
    )
    assert found == IngestedEvent(
        message_id="m1",
        type="signup",
        anonymous_id="a1",
        user_id="u1",
        session_id="s1",
        properties={"plan": "team", "Zip": "01234"},
        timestamp=(then := datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        sent_at=None,
        received_at=NOW,
        occurred_at=then,
        traits={"email": "ada@example.com"},
    )


@pytest.mark.parametrize(
    "header",
    [
        "event,anonymousId,messageId",
        "Event,Anonymous ID,Message ID",
        "event_type;anonymous_id;message_id",
        "EVENT_NAME\tANONYMOUSID\tMESSAGE_ID",
        " event , anonymous-id , messageid ",
    ],
)
def test_a_column_is_known_however_its_name_is_written(header: str) -> None:
    delimiter = max(",;\t", key=header.count)
    found = event(f"{header}\n{delimiter.join(('signup', 'a1', 'm1'))}\n")
    assert (found.type, found.anonymous_id, found.message_id) == ("signup", "a1", "m1")


def test_a_row_is_placed_by_the_line_on_which_it_begins() -> None:
    assert places(
        "\n"
        "event,userId,note\n"  # 2
        "signup,u1,plain\n"  # 3
        "\n"
        ",,\n"
        'signup,u1,"two\nlines"\n'  # 6
        'signup,u1,"bad" quote\n'  # 8
        "signup,u1,a,b\n"  # 9
        "signup,u1\n"  # 10
        'signup,u1,"never closed\n'  # 11
    ) == [(3, True), (6, True), (8, False), (9, False), (10, True), (11, False)]


def test_after_a_quote_that_is_never_closed_the_reading_goes_on() -> None:
    lines = ["event,userId,note", 'signup,u1,"open']
    lines += ["signup,u1,x" + "y" * 1_000] * 200
    problem, *rest = read("\n".join(lines))
    assert isinstance(problem, Problem)
    assert problem.line == 2
    assert "lines 2 to " in problem.message
    assert len(rest) > 50
    assert all(isinstance(record, Record) for record in rest)


def test_a_formula_is_text_like_any_other() -> None:
    assert event('event,userId,note\nsignup,u1,"=1+1"\n').properties == {"note": "=1+1"}


def test_a_column_of_properties_holds_json_and_other_columns_add_to_it() -> None:
    found = event(
        "event,userId,properties,plan\n"
        'signup,u1,"{""seats"": 3, ""plan"": ""solo""}",team\n'
    )
    assert found.properties == {"seats": 3, "plan": "team"}
    for bad in ("[1]", "{", "3", "[" * 5_000):
        (problem,) = events(f'event,userId,properties\nsignup,u1,"{bad}"\n')
        assert isinstance(problem, Problem)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The file is empty"),
        ("\n \n", "The file is empty"),
        ("userId,plan\nu1,team\n", "a column called event"),
        ("event,plan\nsignup,team\n", "anonymousId, userId or email"),
        ("event,userId,user_id\n", "two columns are called userId"),
        ('"event"x,userId\n', "The header can't be read"),
    ],
)
def test_a_file_without_a_readable_header_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        read(text)


@pytest.mark.parametrize(
    "fields",
    [
        {"event": ""},
        {"event": "no/slash"},
        {"event": "$fields"},
        {"userId": ""},
        {"userId": "x" * 257},
        {"email": "nobody"},
        {"timestamp": "yesterday"},
        {"note": "a\0b"},
    ],
)
def test_a_row_that_is_no_event_is_told_with_its_line(
    fields: Mapping[str, str],
) -> None:
    row = {"event": "signup", "userId": "u1", "email": "", "timestamp": "", "note": ""}
    text = StringIO()
    writer = csv.DictWriter(text, row.keys())
    writer.writeheader()
    writer.writerow(row)
    writer.writerow(row | fields)
    good, problem = events(text.getvalue())
    assert isinstance(good, IngestedEvent)
    assert isinstance(problem, Problem)
    assert (problem.line, problem.code) == (3, "invalid_event")


def test_an_email_alone_says_whose_an_event_is() -> None:
    assert event("event,email\nsignup,ada@example.com\n").alias.value == (
        "ada@example.com"
    )
    identified = event('[{"event": "identify", "properties": {"email": "a@b.c"}}]')
    assert identified.alias.value == "a@b.c"


def test_an_identify_tells_all_that_its_columns_say_of_the_person() -> None:
    found = event("event,userId,email,name\nidentify,u1,a@b.c,Ada\n")
    assert found.traits == {"email": "a@b.c", "name": "Ada"}


EVENT = {"event": "signup", "userId": "u1"}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([EVENT, EVENT]),
        json.dumps([EVENT, EVENT], indent=2),
        json.dumps(
            {"sentAt": "2026-01-01", "x": {"events": []}, "events": [EVENT] * 2}
        ),
        json.dumps({"events": [EVENT, EVENT]}, indent=2),
        f"\n{json.dumps(EVENT)}\n\n{json.dumps(EVENT)}\n",
    ],
)
def test_json_is_an_array_or_has_one_or_is_an_object_a_line(text: str) -> None:
    assert [found.type for found in events(text)] == ["signup"] * 2  # type: ignore[union-attr]


def test_one_object_alone_is_one_event() -> None:
    assert event(json.dumps(EVENT, indent=2)).user_id == "u1"


def test_in_an_array_a_bad_event_is_told_by_its_number_and_the_rest_is_read() -> None:
    found = events(json.dumps([EVENT, 7, {"event": "signup"}, EVENT]))
    assert [isinstance(each, IngestedEvent) for each in found] == [
        True,
        False,
        False,
        True,
    ]
    assert [each.line for each in found if isinstance(each, Problem)] == [2, 3]


def test_on_a_bad_line_of_json_lines_the_reading_goes_on() -> None:
    line = json.dumps(EVENT)
    assert places(f"{line}\n{{oops\n{line}\n") == [(1, True), (2, False), (3, True)]


@pytest.mark.parametrize(
    "rest",
    ["", "x", ", {oops}]", " 7]", ",]", f", {'[' * 100_000}", f", {'9' * 5_000}]"],
)
def test_where_an_array_stops_being_json_the_reading_ends(rest: str) -> None:
    good, problem = read(f"[\n{json.dumps(EVENT)}{rest}")
    assert isinstance(good, Record)
    assert isinstance(problem, Problem)
    assert problem.code == "invalid_json"
    assert "line 2" in problem.message


def test_the_same_content_has_the_same_ids_however_it_is_written() -> None:
    row = "signup,u1,2026-01-02T03:04:05Z,team"
    plain = message_ids(f"event,userId,timestamp,plan\n{row}\n")
    turned = message_ids(
        'plan;"timestamp";user_id;event_type;empty\r\n'
        "team;2026-01-02T03:04:05+00:00;u1;signup;\r\n"
    )
    lines = message_ids(
        json.dumps(
            {
                "userId": "u1",
                "event": "signup",
                "properties": {"plan": "team"},
                "timestamp": "2026-01-02 03:04:05",
            }
        )
    )
    assert plain == turned == lines


def test_what_a_file_says_twice_are_two_events_wherever_they_stand() -> None:
    header, once, other = "event,userId\n", "signup,u1\n", "signup,u2\n"
    first, second = message_ids(header + once + once)
    assert first != second
    assert message_ids(header + other + once + other + once)[1::2] == [first, second]
    assert len({*message_ids(header + once + other)}) == 2


@given(st.text(alphabet='[]{}",:;\n\r\t eventusrid1\0\ud800', max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    for prefix in ("", "event,userId\n", "[", '{"events":['):
        try:
            found = events(prefix + text)
        except InvalidInputError:
            continue
        for each in found:
            assert isinstance(each, (IngestedEvent, Problem))


cells: st.SearchStrategy[str] = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20
)


@given(st.lists(st.lists(cells, min_size=2, max_size=2), max_size=6), st.booleans())
def test_a_file_that_a_spreadsheet_writes_is_read_back(
    rows: Sequence[Sequence[str]], as_excel: bool
) -> None:
    text = StringIO(newline="")
    writer = csv.writer(text, delimiter=";" if as_excel else ",")
    writer.writerow(["event", "userId", "first", "second"])
    for row in rows:
        writer.writerow(["signup", "u1", *row])
    encoded = BytesIO(text.getvalue().encode("utf-8-sig"))
    read_back: list[Any] = [
        [record.fields["properties"].get(name, "") for name in ("first", "second")]
        for record in read_records(
            TextIOWrapper(encoded, encoding="utf-8-sig", newline="")
        )
        if isinstance(record, Record)
    ]
    assert read_back == [list(row) for row in rows]


@pytest.mark.parametrize("filler", ["a", "\\a"])
def test_a_name_as_long_as_the_file_takes_little_memory(filler: str) -> None:
    text = '{"' + filler * 500_000
    tracemalloc.start()
    try:
        assert [type(found) for found in read(text)] == [Problem]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20 * len(text)


def test_a_header_of_many_columns_takes_little_time() -> None:
    header = ",".join(f"c{number}" for number in range(20_000))
    started = time.process_time()
    assert places(f"{header},event,userId\n{',' * 20_000}signup,u1") == [(2, True)]
    assert time.process_time() - started < 1
