"""A point in time: relative within a week, exact on hover."""

import reflex as rx

from leadpulse_app.state.moments import Moment


def moment(when: rx.Var[Moment]) -> rx.Component:
    """Return the time as an element that carries its exact value."""
    return rx.el.time(
        when.text,
        date_time=when.iso,
        title=when.exact,
        style={"white_space": "nowrap"},
    )
