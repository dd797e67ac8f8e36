"""A file of events that a person uploads, and what became of it."""

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app.state.upload_outcome import (
    NO_OUTCOME,
    UploadOutcome,
    outcome_of,
)

_SEND = "() => window.leadpulseUpload.send('/api/events/batch')"


class EventUpload(rx.State, mixin=True):
    """The part of a page that takes files of events."""

    uploading: bool = False
    upload: UploadOutcome = NO_OUTCOME

    @rx.event
    def begin_upload(self) -> EventSpec:
        """Send the file that was chosen, unless another is on its way."""
        if self.uploading:
            return rx.toast.info("The file before is still being uploaded.")
        self.uploading = True
        self.upload = NO_OUTCOME
        return rx.call_function(
            rx.Var(_SEND), callback=type(self).event_handlers["receive_upload"]
        )

    @rx.event
    def receive_upload(self, answer: dict[str, object]) -> None:
        """Show what became of the file."""
        self.uploading = False
        self.upload = outcome_of(answer, verb="Added", name="event")

    @rx.event
    def dismiss_upload(self) -> None:
        """Put the outcome of the last upload away."""
        self.upload = NO_OUTCOME
