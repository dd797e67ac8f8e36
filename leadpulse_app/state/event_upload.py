"""A file of events that a person uploads, and what became of it."""

import reflex as rx

from leadpulse_app.state.upload_outcome import (
    NO_OUTCOME,
    UploadOutcome,
    outcome_of,
)


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
        self.upload = outcome_of(answer, verb="Added", name="event")

    @rx.event
    def dismiss_upload(self) -> None:
        """Put the outcome of the last upload away."""
        self.upload = NO_OUTCOME
