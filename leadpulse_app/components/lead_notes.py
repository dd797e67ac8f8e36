"""Notes that members leave on a lead."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import icon_button, quiet_button
from leadpulse_app.components.card import section
from leadpulse_app.components.moment import moment
from leadpulse_app.domain.annotation import MAXIMUM_NOTE_LENGTH
from leadpulse_app.state.lead import LeadState
from leadpulse_app.state.lead_annotations import NoteRow


def notes() -> rx.Component:
    """Return the field for a note, and the notes there are."""
    return section(
        "Notes",
        rx.el.form(
            rx.text_area(
                name="note",
                placeholder="What should the next person know?",
                rows="2",
                max_length=MAXIMUM_NOTE_LENGTH,
                custom_attrs={
                    "aria-label": "Add a note",
                    "aria-invalid": LeadState.note_problem.bool(),
                    "aria-describedby": "note-text-problem",
                },
            ),
            rx.el.div(
                rx.el.p(
                    LeadState.note_problem,
                    custom_attrs={"id": "note-text-problem"},
                    role="alert",
                    style=theme.PROBLEM_TEXT,
                ),
                quiet_button("Add note", type="submit"),
                style={
                    "display": "flex",
                    "align_items": "center",
                    "justify_content": "flex-end",
                    "gap": theme.SPACE_3,
                },
            ),
            # A new field after each note, or what was typed would stay.
            key=LeadState.notes_added.to_string(),
            on_submit=LeadState.add_note,
            no_validate=True,
            style={
                "display": "flex",
                "flex_direction": "column",
                "gap": theme.SPACE_2,
                "padding": f"{theme.SPACE_3} {theme.SPACE_4}",
            },
        ),
        rx.el.ul(
            rx.foreach(LeadState.notes, _note),
            aria_label="Notes, newest first",
            style={
                "list_style": "none",
                "margin": "0",
                "padding": "0",
                "_empty": theme.GONE,
            },
        ),
    )


def _note(note: rx.Var[NoteRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(note.author, style={"font_weight": theme.MEDIUM}),
            rx.el.span(moment(note.written), style={**theme.CAPTION_TEXT, "flex": "1"}),
            rx.cond(
                note.is_own,
                icon_button(
                    rx.icon("trash-2", size=theme.ICON_SMALL),
                    "Delete this note",
                    on_click=LeadState.delete_note(note.id),
                ),
            ),
            style={"display": "flex", "align_items": "center", "gap": theme.SPACE_2},
        ),
        rx.el.p(
            note.body,
            style={"white_space": "pre-wrap", "overflow_wrap": "anywhere"},
        ),
        key=note.id,
        style={
            "padding": f"{theme.SPACE_3} {theme.SPACE_4}",
            "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
            **theme.TABLE_TEXT,
        },
    )
