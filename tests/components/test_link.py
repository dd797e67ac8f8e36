"""A link that is pointed at stays as readable as its place has it."""

import re
from pathlib import Path

import leadpulse_app
from leadpulse_app.components.link import link

PACKAGE = Path(leadpulse_app.__file__).parent


def test_a_link_that_is_pointed_at_takes_the_colour_that_its_place_gives() -> None:
    assert "accent-8" not in str(link("Leads", href="/leads"))
    styled = str(link("Leads", href="/leads", style={"_hover": {"color": "plain"}}))
    assert re.search(r'"&:hover"\] : \(\{ \["color"\] : "plain"', styled)


def test_no_page_has_a_link_of_another_kind() -> None:
    folders = (*PACKAGE.glob("components/*.py"), *PACKAGE.glob("pages/*.py"))
    used = {path.name for path in folders if "rx.link(" in path.read_text()}
    assert used == {"link.py"}
