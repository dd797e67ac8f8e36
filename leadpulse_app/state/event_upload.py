"""A file of events that a person uploads, and what became of it."""

from dataclasses import dataclass

import reflex as rx

from leadpulse_app.state import words

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


class EventUpload(rx.State, mixin=True):
    """The part of a page that takes files of events."""

    uploading: bool = False
    upload: UploadOutcome = NO_OUTCOME

    @rx.event
    def begin_upload(self) -> None:
        """Show that a file is on its way."""
        self.uploading = True
        self.upload = NO_OUTCOME

    @rx.event
    def receive_upload(self, answer: dict[str, object]) -> None:
        """Show what became of the file."""
        self.uploading = False
        self.upload = outcome_of(answer)

    @rx.event
    def dismiss_upload(self) -> None:
        """Put the outcome of the last upload away."""
        self.upload = NO_OUTCOME


def outcome_of(answer: object) -> UploadOutcome:
    """Read what the page says the server answered; what is odd is left out."""
    if not isinstance(answer, dict):
        return NO_OUTCOME
    data = answer.get("data")
    if not isinstance(data, dict):
        message = _text(answer.get("message")) or "The file could not be uploaded"
        return UploadOutcome(problem=f"{message.rstrip('.')}.")
    accepted, duplicates, rejected = (
        _number(data.get(name)) for name in ("accepted", "duplicates", "rejected")
    )
    said = f"Added {words.count(accepted, 'event')}."
    if duplicates:
        verb = "was" if duplicates == 1 else "were"
        said += f" {words.number(duplicates)} {verb} there before."
    errors = data.get("errors")
    bad_lines = tuple(
        BadLine(words.number(_number(error.get("line"))), _text(error.get("message")))
        for error in (errors if isinstance(errors, list) else ())[:MAX_LINES_SHOWN]
        if isinstance(error, dict)
    )
    more = rejected - len(bad_lines)
    return UploadOutcome(
        said=said,
        problem=f"{words.count(rejected, 'row')} could not be taken."
        if rejected
        else "",
        bad_lines=bad_lines,
        more=f"And {words.count(more, 'more row')}." if more > 0 else "",
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 10**9 else 0


def _text(value: object) -> str:
    return value[:500] if isinstance(value, str) else ""
