"""The dialog that takes in a file of leads: chosen, looked at, sent, told of.

The file itself goes from the page to the API; what the API answered is reported here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app.domain.uploads import Meaning
from leadpulse_app.domain.uploads.leads import MAX_COLUMNS
from leadpulse_app.services.lead_import import SAMPLE_ROWS
from leadpulse_app.state import words
from leadpulse_app.state.given import read_number
from leadpulse_app.state.pages import LivePage
from leadpulse_app.state.upload_outcome import (
    NO_OUTCOME,
    BadLine,
    UploadOutcome,
    bad_lines_of,
    more_lines,
    outcome_of,
    refusal_of,
    text_of,
)

_MEANINGS = {
    Meaning.EMAIL: "Email",
    Meaning.ANONYMOUS_ID: "Anonymous id",
    Meaning.USER_ID: "User id",
    Meaning.NAME: "Name",
    Meaning.FIRST_NAME: "First name",
    Meaning.LAST_NAME: "Last name",
    Meaning.COMPANY: "Company",
    Meaning.TRAIT: "Kept as a trait",
    Meaning.NOTHING: "Left out",
}


class ImportStep(StrEnum):
    """How far the dialog has come."""

    CHOOSING = "choosing"
    READING = "reading"
    LOOKING = "looking"
    SENDING = "sending"
    DONE = "done"


@dataclass(frozen=True)
class ImportColumn:
    """A column of the file, and what it is taken for."""

    name: str
    meaning: str


@dataclass(frozen=True)
class ShownPreview:
    """What would become of the file."""

    told: str = ""
    problem: str = ""
    action: str = ""
    """What the button says; empty where there is nothing to import."""
    columns: tuple[ImportColumn, ...] = ()
    sample: tuple[tuple[str, ...], ...] = ()
    bad_lines: tuple[BadLine, ...] = ()
    more: str = ""


NO_PREVIEW = ShownPreview()


class LeadImport(LivePage, mixin=True):
    """The dialog, within the state of the list of leads."""

    importing: bool = False
    """Whether it is open."""
    import_step: str = ImportStep.CHOOSING
    import_problem: str = ""
    """Why the file was refused whole."""
    import_preview: ShownPreview = NO_PREVIEW
    import_outcome: UploadOutcome = NO_OUTCOME

    def _enter(self) -> None:
        super()._enter()
        self._put_away()

    def _put_away(self) -> None:
        self._assign(
            importing=False,
            import_step=ImportStep.CHOOSING,
            import_problem="",
            import_preview=NO_PREVIEW,
            import_outcome=NO_OUTCOME,
        )

    @rx.event
    def toggle_import(self, is_open: bool) -> None:
        """Open the dialog, or put it away with all that it shows."""
        self._put_away()
        self.importing = is_open is True

    @rx.event
    def begin_reading(self) -> None:
        """Show that a file is looked at."""
        self.import_step = ImportStep.READING
        self.import_problem = ""

    @rx.event
    def receive_preview(self, answer: dict[str, object]) -> None:
        """Show what would become of the file, or why it is refused."""
        if self.import_step != ImportStep.READING:
            return
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict):
            self.import_step = ImportStep.CHOOSING
            self.import_problem = refusal_of(answer if isinstance(answer, dict) else {})
            return
        self.import_preview = preview_of(data)
        self.import_step = ImportStep.LOOKING

    @rx.event
    def begin_import(self) -> None:
        """Show that the file is on its way."""
        self.import_step = ImportStep.SENDING

    @rx.event
    def receive_import(self, answer: dict[str, object]) -> EventSpec | None:
        """Show what became of the file."""
        outcome = outcome_of(answer, verb="Imported", name="row")
        if self.import_step != ImportStep.SENDING:  # it was put away meanwhile
            told = " ".join(filter(None, (outcome.said, outcome.problem)))
            return rx.toast.info(told) if told else None
        self.import_outcome = outcome
        self.import_step = ImportStep.DONE
        return None


def preview_of(data: Mapping[str, object]) -> ShownPreview:
    """Read a preview as the page reports it; what is odd is left out."""
    rows, rejected, new, known = (
        read_number(data, name)
        for name in ("rows", "rejected", "newLeads", "knownLeads")
    )
    bad_lines = bad_lines_of(data)
    columns = tuple(
        ImportColumn(text_of(each, "name"), _meaning(each))
        for each in _listed(data, "columns", MAX_COLUMNS)
        if isinstance(each, dict)
    )
    return ShownPreview(
        told=f"{words.count(rows, 'row')}: {words.count(new, 'new lead')}, and "
        f"{words.number(known)} that {'is' if known == 1 else 'are'} here already."
        if rows
        else "No row can be imported.",
        problem=f"{words.count(rejected, 'row')} can't be taken." if rejected else "",
        action=f"Import {words.count(rows, 'row')}" if rows else "",
        columns=columns,
        sample=tuple(
            tuple(str(cell) for cell in cells[: len(columns)])
            for cells in _listed(data, "sample", SAMPLE_ROWS)
            if isinstance(cells, list)
        ),
        bad_lines=bad_lines,
        more=more_lines(rejected - len(bad_lines)),
    )


def _listed(data: Mapping[str, object], name: str, most: int) -> list[object]:
    value = data.get(name)
    return value[:most] if isinstance(value, list) else []


def _meaning(column: Mapping[str, object]) -> str:
    try:
        return _MEANINGS[Meaning(text_of(column, "meaning"))]
    except ValueError:
        return ""
