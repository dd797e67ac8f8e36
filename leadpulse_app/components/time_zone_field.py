"""The list of all time zones, by region, so that typing a city's name finds it."""

from collections import defaultdict

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.field import SELECT
from leadpulse_app.domain.project import time_zones

_ELSEWHERE = "Other"
"""Where what has no region of its own stands, as UTC."""


def _regions() -> dict[str, list[str]]:
    regions: dict[str, list[str]] = defaultdict(list)
    for zone in time_zones():
        region, _, city = zone.partition("/")
        regions[region if city else _ELSEWHERE].append(zone)
    return dict(sorted(regions.items()))


def _group(region: str, zones: list[str]) -> rx.Component:
    def option(zone: rx.Var[str]) -> rx.Component:
        city = zone.replace(f"{region}/", "").replace("_", " ")
        return rx.el.option(city, value=zone)

    return rx.el.optgroup(rx.foreach(rx.Var.create(zones), option), label=region)


def time_zone_field(
    label: str,
    *,
    name: str,
    value: rx.Var[str],
    hint: rx.Component,
    problem: rx.Var[str],
) -> rx.Component:
    """Return the list to choose a time zone from, with its label.

    Args:
        label: What is chosen.
        name: The name it is sent under.
        value: The zone at first.
        hint: What it is for.
        problem: What is wrong with what was sent; empty for nothing.
    """
    return rx.el.div(
        rx.el.label(
            label,
            html_for=name,
            style={**theme.BODY_TEXT, "font_weight": theme.MEDIUM},
        ),
        rx.el.select(
            *(_group(region, zones) for region, zones in _regions().items()),
            name=name,
            default_value=value,
            key=value,  # as a list keeps the choice that it began with
            custom_attrs={
                "id": name,
                "aria-invalid": problem.bool(),
                "aria-describedby": f"{name}-hint {name}-problem",
            },
            style=SELECT,
        ),
        rx.el.p(hint, id=f"{name}-hint", style=theme.CAPTION_TEXT),
        rx.el.p(problem, id=f"{name}-problem", role="alert", style=theme.PROBLEM_TEXT),
        style={"display": "flex", "flex_direction": "column", "gap": theme.SPACE_1},
    )
