"""The landing page: what LeadPulse is, shown rather than told."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import button_link, text_link
from leadpulse_app.components.card import section
from leadpulse_app.components.logo import logo
from leadpulse_app.components.score import bar
from leadpulse_app.components.shell import CONTENT_ID, skip_link, theme_switch
from leadpulse_app.components.stage import COLOURS, stage_badge
from leadpulse_app.domain.stage import Stage

_WIDE: theme.Style = {
    "width": "100%",
    "max_width": theme.LANDING_WIDTH,
    "margin": "0 auto",
    "padding": f"0 {theme.SPACE_6}",
}

_SAMPLE = (
    ("Ada Lovelace", "Analytical", 128, Stage.QUALIFIED, "Contact now"),
    ("Grace Hopper", "Compilers", 65, Stage.QUALIFIED, "Contact now"),
    ("Mary Somerville", "Mechanism", 45, Stage.HOT, "Schedule a demo"),
    ("visitor 7f3a", "", 20, Stage.WARM, "Nurture"),
    ("visitor 91c0", "", 5, Stage.COLD, "Watch"),
)

_STEPS = {
    "Events in": (
        "Paste one tag, or send events from a backend. Each is stored before it is "
        "acknowledged, and counts once however often it is sent."
    ),
    "Explained scores": (
        "Ten rules to start from, yours to change. Every lead keeps a ledger: which "
        "event, which rule, how many points, from what to what."
    ),
    "A live board": (
        "Scores move while you watch. A lead that becomes worth a call stands at the "
        "top, with what to do next beside it."
    ),
}


def _header() -> rx.Component:
    return rx.el.header(
        logo("/"),
        rx.el.nav(
            theme_switch(),
            button_link("Sign in", href="/login"),
            aria_label="Account",
            style={"display": "flex", "align_items": "center", "gap": theme.SPACE_4},
        ),
        style={
            **_WIDE,
            "display": "flex",
            "align_items": "center",
            "justify_content": "space-between",
            "padding": f"{theme.SPACE_4} {theme.SPACE_6}",
        },
    )


def _hero() -> rx.Component:
    return rx.el.div(
        rx.el.h1(
            "Know which lead to call, and why.",
            style={
                **theme.HERO_TEXT,
                "max_width": theme.HERO_WIDTH,
                "text_wrap": "balance",
            },
        ),
        rx.el.p(
            "LeadPulse scores every visitor by what they do, by rules you write, "
            "on a board that is always current. It runs on your own server.",
            style={
                **theme.LEAD_TEXT,
                "color": theme.MUTED,
                "max_width": theme.READING_WIDTH,
                "text_wrap": "pretty",
            },
        ),
        rx.el.div(
            button_link("Create an account", href="/register", primary=True),
            text_link("Sign in", "/login"),
            style={
                "display": "flex",
                "align_items": "center",
                "gap": theme.SPACE_5,
                "margin_top": theme.SPACE_2,
            },
        ),
        style={
            "display": "flex",
            "flex_direction": "column",
            "align_items": "flex-start",
            "gap": theme.SPACE_4,
            "padding": f"clamp({theme.SPACE_10}, 9vh, {theme.SPACE_24}) 0 "
            f"{theme.SPACE_12}",
        },
    )


def _sample_row(
    name: str, company: str, points: int, stage: Stage, action: str
) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            rx.el.span(name, style={"font_weight": theme.MEDIUM}),
            rx.el.span(
                company,
                style={"color": theme.MUTED, "margin_inline_start": theme.SPACE_2},
            ),
            style={"flex": "1", "min_width": "0", **theme.ONE_LINE},
        ),
        bar(min(points, 100), theme.scale(COLOURS[stage], "9"), width=theme.BAR_WIDTH),
        rx.el.span(
            str(points),
            style={
                "width": "4ch",
                "text_align": "right",
                "font_weight": theme.MEDIUM,
            },
        ),
        rx.el.span(
            stage_badge(rx.Var.create(str(stage))), style={"width": theme.BADGE_WIDTH}
        ),
        rx.el.span(
            action,
            style={
                "width": theme.ACTION_WIDTH,
                "color": theme.MUTED,
                theme.UNDER_NARROW: theme.GONE,
            },
        ),
        style={
            "display": "flex",
            "align_items": "center",
            "gap": theme.SPACE_3,
            "min_height": theme.TOUCH_ROW,
            "padding": f"0 {theme.SPACE_4}",
            "border_bottom": f"{theme.HAIR} solid {theme.HAIRLINE}",
            "_last_child": {"border_bottom": "0"},
            theme.UNDER_NARROW: {"& [data-bar]": theme.GONE},
            **theme.TABLE_TEXT,
        },
    )


def _sample() -> rx.Component:
    return section(
        "Leads",
        rx.el.ul(
            *(_sample_row(*lead) for lead in _SAMPLE),
            aria_label="A board with sample leads",
            style={"list_style": "none", "margin": "0", "padding": "0"},
        ),
        note=rx.el.span("Sample", style=theme.CAPTION_TEXT),
    )


def _step(number: int, heading: str, text: str) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            str(number),
            aria_hidden=True,
            style={**theme.CAPTION_TEXT, "font_variant_numeric": theme.TABULAR},
        ),
        rx.el.h2(heading, style=theme.SECTION_TEXT),
        rx.el.p(text, style={"color": theme.MUTED, "text_wrap": "pretty"}),
        style={
            "display": "flex",
            "flex_direction": "column",
            "gap": theme.SPACE_1,
            "padding_top": theme.SPACE_4,
            "border_top": f"{theme.HAIR} solid {theme.LINE}",
        },
    )


def _steps() -> rx.Component:
    return rx.el.ol(
        *(_step(number, *step) for number, step in enumerate(_STEPS.items(), start=1)),
        style={
            "display": "grid",
            "grid_template_columns": "repeat(3, minmax(0, 1fr))",
            "gap": theme.SPACE_8,
            "list_style": "none",
            "margin": "0",
            "padding": f"{theme.SPACE_12} 0 {theme.SPACE_16}",
            theme.UNDER_MEDIUM: {"grid_template_columns": "minmax(0, 1fr)"},
        },
    )


def landing_page() -> rx.Component:
    """Return the page."""
    return rx.fragment(
        skip_link(),
        _header(),
        rx.el.main(
            _hero(),
            _sample(),
            _steps(),
            id=CONTENT_ID,
            tab_index=-1,
            style={**_WIDE, "outline": "none"},
        ),
    )
