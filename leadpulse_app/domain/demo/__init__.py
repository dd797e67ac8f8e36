"""A believable year of a small software company, made up from a seed."""

from leadpulse_app.domain.demo.plan import (
    DEFAULT_PEOPLE,
    MAXIMUM_PEOPLE,
    YEAR,
    Plan,
    anchor_id,
    make_plan,
)
from leadpulse_app.domain.demo.rules import set_demo_rules

__all__ = [
    "DEFAULT_PEOPLE",
    "MAXIMUM_PEOPLE",
    "YEAR",
    "Plan",
    "anchor_id",
    "make_plan",
    "set_demo_rules",
]
