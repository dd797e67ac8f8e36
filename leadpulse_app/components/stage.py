"""A stage, always as icon, word and colour together."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.badge import badge
from leadpulse_app.domain.stage import Stage
from leadpulse_app.state import words

WORDS = {each: words.stage(each) for each in Stage}

COLOURS = {
    Stage.COLD: "slate",
    Stage.WARM: "amber",
    Stage.HOT: "tomato",
    Stage.QUALIFIED: "jade",
}


def stage_icon(stage: Stage, *, size: int = theme.ICON_SMALL) -> rx.Component:
    """Return the icon of a stage in its colour; its word stands beside it."""
    props = {
        "size": size,
        "aria_hidden": True,
        "style": {"color": theme.scale(COLOURS[stage], "11"), "flex_shrink": "0"},
    }
    match stage:
        case Stage.COLD:
            return rx.icon("snowflake", **props)
        case Stage.WARM:
            return rx.icon("sun", **props)
        case Stage.HOT:
            return rx.icon("flame", **props)
        case Stage.QUALIFIED:
            return rx.icon("badge-check", **props)


def _badge(stage: Stage) -> rx.Component:
    return badge(stage_icon(stage), WORDS[stage], COLOURS[stage])


def stage_badge(stage: rx.Var[str]) -> rx.Component:
    """Return the badge of whichever stage the var names."""
    return rx.match(
        stage,
        *((str(each), _badge(each)) for each in reversed(Stage)),
        rx.fragment(),
    )


def stage_fill(stage: rx.Var[str]) -> rx.Var[str]:
    """Return the solid colour of a stage, for a bar."""
    return rx.match(
        stage,
        *((str(each), theme.scale(COLOURS[each], "9")) for each in Stage),
        theme.FAINT,
    )
