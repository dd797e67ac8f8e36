"""What became of a file that a page sent, as the page reports it."""

from collections.abc import Mapping
from dataclasses import dataclass

from leadpulse_app.state import words
from leadpulse_app.state.given import read_number, read_text

MAX_TEXT_SHOWN = 500

MAX_LINES_SHOWN = 100
"""Of an upload's bad rows, as many as the answer tells."""


@dataclass(frozen=True)
class BadLine:
    """A row of a file that was not taken."""

    line: str
    message: str


@dataclass(frozen=True)
class UploadOutcome:
    """What became of a file."""

    said: str = ""
    problem: str = ""
    bad_lines: tuple[BadLine, ...] = ()
    more: str = ""
    """How many bad rows are not listed."""


NO_OUTCOME = UploadOutcome()


def outcome_of(answer: object, *, verb: str, name: str) -> UploadOutcome:
    """Read what the page says the server answered; what is odd is left out.

    Args:
        answer: As it was reported.
        verb: What was done with what was taken.
        name: What one of these is.
    """
    if not isinstance(answer, dict):
        return NO_OUTCOME
    data = answer.get("data")
    if not isinstance(data, dict):
        return UploadOutcome(problem=refusal_of(answer))
    accepted, duplicates, rejected = (
        read_number(data, key) for key in ("accepted", "duplicates", "rejected")
    )
    said = f"{verb} {words.count(accepted, name)}."
    if duplicates:
        verb = "was" if duplicates == 1 else "were"
        said += f" {words.number(duplicates)} {verb} there before."
    bad_lines = bad_lines_of(data)
    return UploadOutcome(
        said=said,
        problem=f"{words.count(rejected, 'row')} could not be taken."
        if rejected
        else "",
        bad_lines=bad_lines,
        more=more_lines(rejected - len(bad_lines)),
    )


def refusal_of(answer: Mapping[str, object]) -> str:
    """Return why a file was refused."""
    message = text_of(answer, "message") or "The file could not be uploaded"
    return f"{message.rstrip('.')}."


def bad_lines_of(data: Mapping[str, object]) -> tuple[BadLine, ...]:
    """Return the rows that could not be taken, as far as they are told."""
    errors = data.get("errors")
    return tuple(
        BadLine(words.number(read_number(error, "line")), text_of(error, "message"))
        for error in (errors if isinstance(errors, list) else ())[:MAX_LINES_SHOWN]
        if isinstance(error, dict)
    )


def more_lines(number: int) -> str:
    """Say how many such rows are not told."""
    return f"And {words.count(number, 'more row')}." if number > 0 else ""


def text_of(data: object, name: str) -> str:
    """Return a text of an answer, shortened to be shown."""
    return read_text(data, name, MAX_TEXT_SHOWN)
