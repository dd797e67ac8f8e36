"""The look: every colour, size, space and motion of the dashboard, named once.

Components say `theme.LINE`, never a colour or a pixel. Colours are steps of the
Radix scales, so light and dark come from the same names.
"""

from pathlib import Path
from typing import Any

import reflex as rx
from reflex.plugins import Plugin

Style = dict[str, Any]
"""CSS by property; nested selectors and media queries are keys too."""

# Colours: surfaces from back to front, then ink from quiet to plain.
CANVAS = "var(--gray-2)"
SURFACE = "var(--gray-1)"
HOVER = "var(--gray-a3)"
PRESSED = "var(--gray-a4)"
HAIRLINE = "var(--gray-a4)"
LINE = "var(--gray-a6)"
INK = "var(--gray-12)"
MUTED = "var(--gray-11)"
FAINT = "var(--gray-9)"
ACCENT = "var(--iris-9)"
ACCENT_INK = "var(--iris-11)"
ACCENT_TINT = "var(--iris-a3)"
ON_ACCENT = "var(--iris-contrast)"
FOCUS = "var(--focus-8)"
GOOD = "var(--jade-11)"
GOOD_DOT = "var(--jade-9)"
CAUTION = "var(--amber-11)"
CAUTION_INK = "var(--amber-12)"
"""On its tint, on which `CAUTION` is too pale."""
CAUTION_DOT = "var(--amber-9)"
CAUTION_TINT = "var(--amber-3)"
CAUTION_LINE = "var(--amber-a6)"
BAD = "var(--tomato-11)"
BAD_LINE = "var(--tomato-9)"
CHANGED_TINT = "var(--iris-a4)"
OVERLAY_SURFACE = "var(--color-panel-solid)"
OVERLAY_SHADOW = "var(--shadow-6)"
BACKDROP = "var(--color-overlay)"

SERIES = (
    "var(--iris-9)",
    "var(--cyan-9)",
    "var(--jade-9)",
    "var(--amber-9)",
    "var(--plum-9)",
    "var(--gray-8)",
)
"""What stands apart in one chart; the last one is for the rest."""


def scale(name: str, step: str) -> str:
    """Return one step of a Radix colour scale, as `scale("jade", "a3")`."""
    return f"var(--{name}-{step})"


# Space, in steps of four.
SPACE_HALF = "2px"
SPACE_1 = "4px"
SPACE_2 = "8px"
SPACE_3 = "12px"
SPACE_4 = "16px"
SPACE_5 = "20px"
SPACE_6 = "24px"
SPACE_8 = "32px"
SPACE_10 = "40px"
SPACE_12 = "48px"
SPACE_16 = "64px"
SPACE_24 = "96px"

# Sizes.
HAIR = "1px"
FOCUS_RING = "2px"
SIDEBAR_WIDTH = "216px"
RAIL_WIDTH = "56px"
TOP_BAR_HEIGHT = "52px"
BOTTOM_BAR_HEIGHT = "56px"
NAV_ITEM_HEIGHT = "32px"
ROW_HEIGHT = "40px"
CONTROL_HEIGHT = "32px"
FIELD_HEIGHT = "var(--space-6)"
BAR_WIDTH = "56px"
SCORE_WIDTH = "5ch"
DELTA_WIDTH = "5ch"
TIME_WIDTH = "108px"
LEAD_WIDTH = "148px"
BAR_HEIGHT = "4px"
DOT = "6px"
LOGO = "24px"
AVATAR = "28px"
NUMBER_FIELD_WIDTH = "88px"
CHOICE_WIDTH = "132px"
PAGE_WIDTH = "1320px"
NARROW_PAGE_WIDTH = "880px"
READING_WIDTH = "560px"
FORM_WIDTH = "360px"
ACCOUNT_WIDTH = "420px"
EDITOR_WIDTH = "680px"
DRAWER_WIDTH = "520px"
SEARCH_WIDTH = "240px"
LANDING_WIDTH = "1040px"
HERO_WIDTH = "720px"
BADGE_WIDTH = "104px"
ACTION_WIDTH = "120px"
TOUCH_ROW = "48px"
COLUMN_WIDTH = "320px"
CELL_WIDTH = "180px"
FIRST_COLUMN_SHARE = "40%"
STAT_WIDTH = "150px"
FACT_WIDTH = "140px"
PROBLEM_WIDTH = "148px"
FEED_HEIGHT = "400px"
CHART_HEIGHT = 236
BRUSH_HEIGHT = 24
AXIS_WIDTH = 44
SPARK_HEIGHT = "32px"
FUNNEL_BAR_HEIGHT = "8px"
SWATCH = "8px"
CODE_HEIGHT = "320px"
PLOT_HEIGHT = "140px"
COURSE_HEIGHT = "260px"
GAIN_HEIGHT = "28px"
GAIN_WIDTH = "6px"
STEP_TIME_WIDTH = "44px"
TAG_WIDTH = "128px"
JSON_HEIGHT = "240px"
DISABLED_OPACITY = "0.5"
ICON_SMALL = 14
ICON = 16
ICON_LARGE = 20

RADIUS_SMALL = "var(--radius-2)"
RADIUS = "var(--radius-3)"
RADIUS_LARGE = "var(--radius-4)"
ROUND = "999px"

# Type: size and line height, with the weight where it belongs to the role.
FONT = '"Inter Variable", system-ui, sans-serif'
FONT_FEATURES = '"cv11", "ss03"'
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace"
MEDIUM = "500"
SEMIBOLD = "600"
TABULAR = "tabular-nums"


def _type(size: str, line: str, weight: str | None = None, **more: str) -> Style:
    style = {"font_size": size, "line_height": line, **more}
    return style if weight is None else {**style, "font_weight": weight}


HERO_TEXT = _type("clamp(32px, 6vw, 52px)", "1.08", SEMIBOLD, letter_spacing="-0.03em")
TITLE_TEXT = _type("20px", "28px", SEMIBOLD, letter_spacing="-0.012em")
FIGURE_TEXT = _type(
    "24px", "32px", SEMIBOLD, letter_spacing="-0.02em", font_variant_numeric=TABULAR
)
LEAD_TEXT = _type("16px", "26px")
SECTION_TEXT = _type("14px", "20px", SEMIBOLD)
BODY_TEXT = _type("14px", "20px")
TABLE_TEXT = _type("13px", "18px", font_variant_numeric=TABULAR)
CAPTION_TEXT = _type("12px", "16px", color=MUTED)
BADGE_TEXT = _type("12px", "16px", MEDIUM)
CODE_TEXT = _type("12.5px", "20px", font_family=MONO)

ACTIONS: Style = {"display": "flex", "justify_content": "flex-end", "gap": SPACE_3}
"""The buttons at the end of a dialog."""

PROBLEM_TEXT: Style = {**CAPTION_TEXT, "color": BAD, "_empty": {"display": "none"}}
"""What is wrong with a field; it takes no room while nothing is."""

# Motion: short, and only for what changed.
QUICK = "140ms ease-out"
FADE = "1500ms ease-out"
PATIENCE = "1ms linear 6s"
PULSE = "1400ms ease-in-out infinite"

# Where the layout changes.
UNDER_ROOMY = "@media (max-width: 1279px)"
UNDER_WIDE = "@media (max-width: 1099px)"
UNDER_MEDIUM = "@media (max-width: 859px)"
UNDER_NARROW = "@media (max-width: 639px)"

# Layers.
ABOVE_PAGE = "10"
ABOVE_ALL = "100"

HIDDEN: Style = {
    "position": "absolute",
    "width": HAIR,
    "height": HAIR,
    "overflow": "hidden",
    "clip_path": "inset(50%)",
    "white_space": "nowrap",
}
"""Read aloud and not shown."""

BESIDE: Style = {
    "display": "flex",
    "flex_wrap": "wrap",
    "align_items": "center",
    "gap": SPACE_2,
}
"""Small things on a line, which wraps where they don't fit."""

GONE: Style = {"display": "none"}

ONE_LINE: Style = {
    "overflow": "hidden",
    "text_overflow": "ellipsis",
    "white_space": "nowrap",
}

_TINT: Style = {
    "from": {"background_color": CHANGED_TINT},
    "to": {"background_color": "transparent"},
}


def tinted(row: str) -> Style:
    """Return the style that tints a row when it changed, and lets the tint fade.

    A row says so by `data-changed`, odd and even in turns: two names for one
    animation, so that it starts over when the row changes again.

    Args:
        row: The selector of the rows, within what is styled.
    """
    return {
        f"& {row}[data-changed=odd]": {"animation": f"changed-odd {FADE}"},
        f"& {row}[data-changed=even]": {"animation": f"changed-even {FADE}"},
        "@keyframes changed-odd": _TINT,
        "@keyframes changed-even": _TINT,
    }


ROOT: dict[str, Any] = {
    "font_feature_settings": FONT_FEATURES,
    "color": INK,
    "background": CANVAS,
    **BODY_TEXT,
}
"""The style of the element that all pages stand in."""

_BASE_STYLESHEET = f"""
body {{ font-family: {FONT}; background: var(--slate-2); }}
.radix-themes {{ --default-font-family: {FONT}; }}
[data-sonner-toaster][data-sonner-theme] {{ font-family: {FONT}; }}
@media (prefers-reduced-motion: reduce) {{
  *, ::before, ::after {{
    animation-duration: 1ms !important;
    animation-iteration-count: 1 !important;
    transition: none !important;
  }}
}}
.rt-TextFieldRoot:has([aria-invalid=true]) {{
  box-shadow: inset 0 0 0 {HAIR} {BAD_LINE};
}}
{UNDER_NARROW} {{
  [data-sonner-toaster][data-sonner-theme] {{
    bottom: calc({BOTTOM_BAR_HEIGHT} + {SPACE_3}) !important;
  }}
}}
:focus-visible {{ outline: {FOCUS_RING} solid {FOCUS}; outline-offset: {HAIR}; }}
"""
"""What holds everywhere, for menus and toasts too, which open outside of it."""


class BaseStyle(Plugin):
    """Bundles the typeface, so that no third party is asked for it, and uses it."""

    def get_frontend_dependencies(self, **context: Any) -> tuple[str, ...]:
        """Return the package that carries the font files."""
        return ("@fontsource-variable/inter@5.3.0",)

    def get_static_assets(self, **context: Any) -> tuple[tuple[Path, str], ...]:
        """Return the base stylesheet as a file of the build."""
        return ((Path("styles") / "base.css", _BASE_STYLESHEET),)

    def get_stylesheet_paths(self, **context: Any) -> tuple[str, ...]:
        """Return the stylesheets, in the order in which they override."""
        return ("@fontsource-variable/inter/index.css", "./base.css")


def plugins() -> list[Plugin]:
    """Return what the build needs for this look, for `rx.Config(plugins=…)`."""
    return [
        rx.plugins.RadixThemesPlugin(
            theme=rx.theme(
                appearance="inherit",
                gray_color="slate",
                accent_color="iris",
                radius="medium",
                scaling="95%",
                has_background=False,
            )
        ),
        BaseStyle(),
    ]
