"""The dialog that gives a lead points by hand, or takes some."""

import asyncio
import re
from datetime import UTC, datetime
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app import database
from leadpulse_app.domain.adjustment import read_adjustment
from leadpulse_app.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.services.adjusting import adjust_score
from leadpulse_app.state import words
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.lead_annotations import LeadAnnotations, addressed_lead
from leadpulse_app.tasks import enqueue_scoring_hint

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")


class LeadAdjusting(LeadAnnotations, mixin=True):
    """The dialog, within the state of a lead's page."""

    adjusting: bool = False
    """Whether it is open."""
    problems: dict[str, str] = {}
    """What is wrong with what was entered, by field."""

    _adjustment_id: UUID | None = None

    def _close(self) -> None:
        self.adjusting = False
        self.problems = {}

    @rx.event
    def toggle_adjusting(self, is_open: bool) -> None:
        """Open the dialog for an adjustment, or close it without making one."""
        self._close()
        self.adjusting = is_open is True
        # However often this one dialog is sent, it is one adjustment.
        self._adjustment_id = uuid7(datetime.now(UTC))

    @rx.event
    async def adjust(self, form: dict[str, object]) -> EventSpec | None:
        """Give the lead the points that were entered, with the note."""
        actor, entered = current_actor(), form if isinstance(form, dict) else {}
        try:
            adjustment = read_adjustment(
                _whole_number(entered.get("points")), entered.get("note")
            )
        except InvalidInputError as error:
            self.problems = {
                field: f"{problem}." for field, problem in (error.details or {}).items()
            }
            return None
        lead_id, known_as = addressed_lead(self._addressed_id()), self._adjustment_id
        try:
            await database.run_scoped(
                actor.project_id,
                lambda connection: adjust_score(
                    connection,
                    actor,
                    lead_id,
                    adjustment,
                    now=datetime.now(UTC),
                    adjustment_id=known_as,
                ),
            )
        except (ConflictError, NotFoundError) as error:
            return rx.toast.error(f"{error.message}.")
        await asyncio.to_thread(enqueue_scoring_hint)
        self._close()
        return rx.toast.success(f"Adjusted by {words.signed(adjustment.points)}.")


def _whole_number(text: object) -> object:
    written = text.strip().replace(words.MINUS, "-") if isinstance(text, str) else ""
    return int(written) if _WHOLE_NUMBER.fullmatch(written) else text
