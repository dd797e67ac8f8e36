"""The dialog that takes in a file of leads, step by step."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import primary_button, quiet_button
from leadpulse_app.components.dialog import dialog
from leadpulse_app.components.upload import bad_lines, upload_place, upload_progress
from leadpulse_app.state.lead_import import ImportColumn, ImportStep
from leadpulse_app.state.leads import LeadsState

_ADDRESS = "/api/leads/import"

_STACK: theme.Style = {
    "display": "grid",
    "grid_template_columns": "minmax(0, 1fr)",  # a wide sample scrolls
    "gap": theme.SPACE_3,
    **theme.BODY_TEXT,
}

_SAMPLE: theme.Style = {
    "border_collapse": "collapse",
    "white_space": "nowrap",
    **theme.TABLE_TEXT,
    "& th, & td": {
        "max_width": theme.CELL_WIDTH,
        "padding": f"{theme.SPACE_1} {theme.SPACE_3}",
        "border_bottom": f"{theme.HAIR} solid {theme.HAIRLINE}",
        "text_align": "left",
        **theme.ONE_LINE,
    },
    "& th": {"vertical_align": "bottom", "font_weight": theme.MEDIUM},
    "& tr:last-of-type td": {"border_bottom": "0"},
}


def _is_at(*steps: ImportStep) -> rx.Var[bool]:
    return rx.Var.create([str(step) for step in steps]).contains(LeadsState.import_step)


def _chosen() -> rx.Component:
    return rx.cond(
        _is_at(ImportStep.CHOOSING),
        upload_place(
            "Choose a file",
            "or drop it here",
            accept=".csv,.tsv,.txt,text/csv",
            on_change=lambda _: [
                LeadsState.begin_reading,
                rx.call_function(
                    rx.Var(
                        "() => window.leadpulseUpload"
                        f".preview('{_ADDRESS}?dryRun=true')"
                    ),
                    callback=LeadsState.receive_preview,
                ),
            ],
        ),
    )


def _progress() -> rx.Component:
    return rx.el.div(
        upload_progress("Import"),
        hidden=~_is_at(ImportStep.READING, ImportStep.SENDING),
    )


def _heading(column: rx.Var[ImportColumn]) -> rx.Component:
    return rx.el.th(
        rx.el.div(column.name, title=column.name, style=theme.ONE_LINE),
        rx.el.div(column.meaning, style=theme.CAPTION_TEXT),
        scope="col",
    )


def _sample() -> rx.Component:
    preview = LeadsState.import_preview
    return rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(rx.foreach(preview.columns, _heading))),
            rx.el.tbody(
                rx.foreach(
                    preview.sample,
                    lambda cells: rx.el.tr(rx.foreach(cells, rx.el.td)),
                )
            ),
            style=_SAMPLE,
        ),
        tab_index=0,
        role="region",
        aria_label="The first rows, and what each column is taken for",
        style={
            "max_height": theme.CODE_HEIGHT,
            "overflow": "auto",
            "border": f"{theme.HAIR} solid {theme.HAIRLINE}",
            "border_radius": theme.RADIUS,
        },
    )


def _preview() -> rx.Component:
    preview = LeadsState.import_preview
    return rx.cond(
        _is_at(ImportStep.LOOKING),
        rx.el.div(
            rx.el.p(preview.told, style={"font_weight": theme.MEDIUM}),
            _sample(),
            _problem(preview.problem),
            bad_lines(preview.bad_lines, preview.more),
            style=_STACK,
        ),
    )


def _outcome() -> rx.Component:
    outcome = LeadsState.import_outcome
    return rx.cond(
        _is_at(ImportStep.DONE),
        rx.el.div(
            rx.el.p(outcome.said, style={"_empty": theme.GONE}),
            _problem(outcome.problem),
            bad_lines(outcome.bad_lines, outcome.more),
            style=_STACK,
        ),
    )


def _problem(text: rx.Var[str]) -> rx.Component:
    return rx.el.p(text, style={"color": theme.BAD, "_empty": theme.GONE})


def _answers() -> rx.Component:
    action = LeadsState.import_preview.action
    return rx.el.div(
        rx.cond(
            _is_at(ImportStep.DONE),
            rx.dialog.close(primary_button("Done")),
            rx.fragment(
                # What is on its way is taken in, whether one looks on or not.
                rx.dialog.close(
                    quiet_button(rx.cond(_is_at(ImportStep.SENDING), "Close", "Cancel"))
                ),
                rx.cond(
                    _is_at(ImportStep.LOOKING) & (action != ""),
                    primary_button(
                        action,
                        on_click=[
                            LeadsState.begin_import,
                            rx.call_function(
                                rx.Var(
                                    "() => window.leadpulseUpload"
                                    f".sendPreviewed('{_ADDRESS}')"
                                ),
                                callback=LeadsState.receive_import,
                            ),
                        ],
                    ),
                ),
            ),
        ),
        style=theme.ACTIONS,
    )


def lead_import() -> rx.Component:
    """Return the button that opens the dialog, and the dialog."""
    return dialog(
        quiet_button(
            rx.icon("upload", size=theme.ICON_SMALL, aria_hidden=True), "Import"
        ),
        "Import leads",
        "A CSV file with a header line, of 10 MB and 50,000 rows at most. Columns "
        "called email, name, company, anonymous id or user id are taken for these; all "
        "others are kept as traits. Each row needs an email or an id.",
        rx.el.div(
            _chosen(),
            _progress(),
            rx.el.div(
                _problem(LeadsState.import_problem),
                _preview(),
                _outcome(),
                role="status",
            ),
            _answers(),
            style={**_STACK, "margin_top": theme.SPACE_4},
        ),
        is_open=LeadsState.importing,
        on_toggle=LeadsState.toggle_import,
        width=theme.EDITOR_WIDTH,
    )
