"""Who deletes for good is asked by a button that says so by its colour too."""

from collections.abc import Callable

import pytest
import reflex as rx

from leadpulse_app.components.confirmation import confirmed
from leadpulse_app.components.lead_bulk import lead_bulk_bar
from leadpulse_app.components.lead_menu import lead_menu

FINAL = 'RadixThemesButton,{color:"tomato"'


def test_a_question_s_answer_is_plain_unless_it_is_final() -> None:
    asked = ("Release?", "Then it counts.", "Release", rx.console_log("released"))
    assert FINAL not in str(confirmed(rx.button("Release"), *asked))
    assert FINAL in str(confirmed(rx.button("Release"), *asked, is_final=True))


@pytest.mark.parametrize("place", [lead_bulk_bar, lead_menu])
def test_leads_are_deleted_by_the_button_for_what_is_final(
    place: Callable[[], rx.Component],
) -> None:
    assert FINAL in str(place())
