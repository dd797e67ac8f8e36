"""A file of leads is read row by row; what is wrong is told in its place."""

import csv
from datetime import UTC, datetime
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.csv import spreadsheet_safe, without_guard
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.event import IngestedEvent
from leadpulse_app.domain.reserved import IMPORT
from leadpulse_app.domain.uploads import MAX_LEADS, Meaning, Problem, open_leads
from leadpulse_app.domain.uploads.leads import MAX_COLUMNS

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def read(text: str) -> list[IngestedEvent | Problem]:
    leads = open_leads(StringIO(text, newline=""))
    return [
        row if isinstance(row, Problem) else leads.read(row, received_at=NOW)
        for row in leads.rows
    ]


def lead(text: str) -> IngestedEvent:
    (found,) = read(text)
    assert isinstance(found, IngestedEvent), found
    return found


def meanings(header: str) -> list[Meaning]:
    return [each.meaning for each in open_leads(StringIO(f"{header}\n")).columns]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Email,Name,Company", [Meaning.EMAIL, Meaning.NAME, Meaning.COMPANY]),
        (
            "E-mail Address;First Name;last_name",
            [Meaning.EMAIL, Meaning.FIRST_NAME, Meaning.LAST_NAME],
        ),
        ("userId\tOrganisation", [Meaning.USER_ID, Meaning.COMPANY]),
        ("anonymous id,,Plan", [Meaning.ANONYMOUS_ID, Meaning.NOTHING, Meaning.TRAIT]),
    ],
)
def test_columns_are_told_by_their_headings(
    header: str, expected: list[Meaning]
) -> None:
    assert meanings(header) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("\n , ,\n", "empty"),
        ("Name,Company\nAda,X\n", "email, anonymous id or user id"),
        ("email,E-Mail\n", "two columns are taken for email"),
        ("email,Plan,Plan\n", "two columns are taken for Plan"),
        ("email," + ",".join(map(str, range(MAX_COLUMNS))), "more than 100 columns"),
        ("email," + "x" * 201, "200 characters"),
        ('email,"Plan\n', "header"),
    ],
)
def test_a_file_with_a_wrong_header_is_refused_whole(text: str, why: str) -> None:
    with pytest.raises(InvalidInputError, match=why):
        read(text)


def test_a_row_says_who_somebody_is_and_what_else_is_known() -> None:
    found = lead(
        "Email,First name,Last name,Company,Anonymous ID,Plan,Seats\n"
        " Ada@Example.com ,Ada,  King  Lovelace,Engines,d1,pro,\n"
    )
    assert (found.type, found.anonymous_id, found.user_id) == (IMPORT, "d1", None)
    assert found.traits == {
        "email": "ada@example.com",
        "name": "Ada King Lovelace",
        "company": "Engines",
    }
    assert found.properties == {"Plan": "pro"}
    assert found.occurred_at <= NOW
    assert found.timestamp is None


def test_what_a_spreadsheet_was_kept_from_running_comes_back_as_it_was() -> None:
    found = lead("email,name\nada@example.com,'=Ada\n")
    assert found.traits is not None
    assert found.traits["name"] == "=Ada"
    assert lead("email,name\na@b.c,'Ada\n").traits == {"email": "a@b.c", "name": "'Ada"}


@given(st.text(min_size=1))
def test_an_exported_cell_is_read_as_what_it_was(text: str) -> None:
    assert without_guard(spreadsheet_safe(text)) == text or text.startswith("'")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("Ada,,", "neither an email nor an id"),
        ("Ada,nonsense,", "like ada@example.com"),
        (f"{'x' * 256},ada@example.com,", "255"),
        (f"Ada,,{'x' * 257}", "256"),
        ("Ada,a@example.com,d1,more", "4 cells here, and 3"),
        ('Ada,"a"@example.com,d1', "quotes in line 3"),
    ],
)
def test_a_row_that_can_not_be_taken_fails_no_other(row: str, why: str) -> None:
    first, problem, last = read(f"name,email,anonymous id\nA,a@b.c,\n{row}\nB,b@b.c,\n")
    assert isinstance(first, IngestedEvent)
    assert isinstance(last, IngestedEvent)
    assert isinstance(problem, Problem)
    assert (problem.line, problem.code) == (3, "invalid_row")
    assert why in problem.message


def test_the_same_row_is_one_input_whatever_the_order_of_its_columns() -> None:
    first = lead("email,name,Plan,Size\nada@example.com,Ada,pro,3\n")
    assert (
        first.message_id
        == lead("\nSize;Plan;Name;E-Mail\n3;pro;Ada;ADA@example.com\n").message_id
    )
    other = lead("email,name,Plan,Size\nada@example.com,Ada,pro,4\n")
    assert first.message_id != other.message_id


def test_of_rows_about_one_lead_the_last_comes_last() -> None:
    rows = read("email,name\n" + "".join(f"a@b.c,{n}\n" for n in range(20)))
    moments = [row.occurred_at for row in rows if isinstance(row, IngestedEvent)]
    assert moments == sorted(set(moments))
    assert len(moments) == 20


def test_only_so_many_rows_are_read() -> None:
    text = StringIO()
    csv.writer(text).writerows(
        [["email"], *([f"{n}@example.com"] for n in range(MAX_LEADS + 2))]
    )
    text.seek(0)
    rows = list(open_leads(text).rows)
    assert len(rows) == MAX_LEADS + 1
    last = rows[-1]
    assert isinstance(last, Problem)
    assert (last.line, last.code) == (MAX_LEADS + 2, "too_many_rows")


@pytest.mark.parametrize(
    "cells", [{f"column {n}": "x" for n in range(51)}, {"story": "x" * 6_000}]
)
def test_a_row_that_tells_more_than_is_kept_is_a_problem(cells: dict[str, str]) -> None:
    header, row = ",".join(["email", *cells]), ",".join(["a@b.co", *cells.values()])
    (problem,) = read(f"{header}\n{row}\n")
    assert isinstance(problem, Problem)
    assert "at most 50" in problem.message
