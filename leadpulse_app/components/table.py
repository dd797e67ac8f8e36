"""The table: dense rows, and on a narrow screen only the columns that matter."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.link import link

_TABLE: theme.Style = {
    "width": "100%",
    "border_collapse": "collapse",
    **theme.TABLE_TEXT,
    "& th": {
        "height": theme.SPACE_8,
        "padding": f"0 {theme.SPACE_3}",
        "text_align": "left",
        "white_space": "nowrap",
        "border_bottom": f"{theme.HAIR} solid {theme.HAIRLINE}",
        **theme.CAPTION_TEXT,
        "font_weight": theme.MEDIUM,
    },
    "& td": {
        "height": theme.ROW_HEIGHT,
        "padding": f"{theme.SPACE_2} {theme.SPACE_3}",
        "border_bottom": f"{theme.HAIR} solid {theme.HAIRLINE}",
        "max_width": theme.CELL_WIDTH,
        **theme.ONE_LINE,
    },
    "& th:first-of-type, & td:first-of-type": {"padding_inline_start": theme.SPACE_4},
    # The first column takes the room that the others leave, and no more.
    "& th:first-of-type": {"width": theme.FIRST_COLUMN_SHARE},
    "& td:first-of-type": {
        "max_width": "0",
        "white_space": "normal",
        "overflow_wrap": "anywhere",
    },
    "& th:last-of-type, & td:last-of-type": {"padding_inline_end": theme.SPACE_4},
    "& tbody tr:last-of-type td": {"border_bottom": "0"},
    "& [data-align=end]": {"text_align": "right"},
    "& [data-quiet=true]": {"color": theme.MUTED},
    "& tbody tr": {
        "position": "relative",
        "transition": f"background {theme.QUICK}",
    },
    "& tbody tr:hover, & tbody tr:focus-within": {"background": theme.HOVER},
    **theme.tinted("tr"),
    theme.UNDER_WIDE: {"& [data-keep=wide]": theme.GONE},
    theme.UNDER_NARROW: {
        "& [data-keep=medium]": theme.GONE,
        "& th:first-of-type": {"width": "100%"},
    },
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, where its content stands, and how long it is kept.

    `keep` names the narrowest screen that still shows it: narrow, medium or wide.
    A quiet column stands back behind the others. The explanation shows on hover. Where
    the table can be sorted by it, the heading is a link, and the order is its
    `aria-sort`.
    """

    name: str
    align: str = "start"
    keep: str = "narrow"
    quiet: bool = False
    explanation: str = ""
    heading: rx.Component | None = None
    order: rx.Var[str] | None = None

    def head(self) -> rx.Component:
        """Return the column's heading."""
        return rx.el.th(
            self.name if self.heading is None else self.heading,
            scope="col",
            title=self.explanation or None,
            custom_attrs={
                "data-align": self.align,
                "data-keep": self.keep,
                **({} if self.order is None else {"aria-sort": self.order}),
            },
        )

    def cell(self, *children: rx.Component | rx.Var | str) -> rx.Component:
        """Return one cell of the column."""
        return rx.el.td(
            *children,
            custom_attrs={
                "data-align": self.align,
                "data-keep": self.keep,
                "data-quiet": str(self.quiet).lower(),
            },
        )


def table(
    caption: str | rx.Var[str], columns: tuple[Column, ...], rows: rx.Component
) -> rx.Component:
    """Return a table.

    Args:
        caption: What it lists, read aloud and not shown.
        columns: Its columns, in order.
        rows: Its rows, usually an `rx.foreach`.
    """
    last = max(n for n, each in enumerate(columns, 1) if each.keep == "narrow")
    edge = f"& th:nth-of-type({last}), & td:nth-of-type({last})"
    return rx.el.table(
        rx.el.caption(caption, style=theme.HIDDEN),
        rx.el.thead(rx.el.tr(*(column.head() for column in columns))),
        rx.el.tbody(rows),
        style={
            **_TABLE,
            theme.UNDER_NARROW: {
                **_TABLE[theme.UNDER_NARROW],
                edge: {"padding_inline_end": theme.SPACE_4},
            },
        },
    )


def row_link(label: rx.Var[str], href: rx.Var[str], **props: Any) -> rx.Component:
    """Return the link of a row; the whole row follows it.

    Args:
        label: What the row is about.
        href: Where it leads.
        props: More for the link, as `on_click`.
    """
    return link(
        label,
        href=href,
        underline="none",
        color_scheme="gray",
        high_contrast=True,
        style={
            "font": "inherit",
            "font_weight": theme.MEDIUM,
            "_hover": {"color": theme.INK},
            "_after": {"content": '""', "position": "absolute", "inset": "0"},
            "_focus_visible": {"outline": "none"},
            "&:focus-visible::after": {
                "outline": f"{theme.FOCUS_RING} solid {theme.FOCUS}",
                "outline_offset": f"-{theme.FOCUS_RING}",
            },
        },
        **props,
    )
