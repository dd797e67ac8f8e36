"""The look is named once: no colour and no pixel stands outside of the theme."""

import re
from pathlib import Path

import pytest

import leadpulse_app
from leadpulse_app.components import stage, theme
from leadpulse_app.domain.stage import Stage

PACKAGE = Path(leadpulse_app.__file__).parent
THEME = Path(theme.__file__)
LITERAL = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b\d+px\b|\brgba?\(|\bhsla?\(|var\(--")


@pytest.mark.parametrize(
    "module",
    sorted({*PACKAGE.glob("components/*.py"), *PACKAGE.glob("pages/*.py")} - {THEME}),
    ids=lambda module: f"{module.parent.name}/{module.name}",
)
def test_a_module_takes_colours_and_sizes_from_the_theme(module: Path) -> None:
    assert LITERAL.findall(module.read_text()) == []


def test_no_two_stages_share_a_word_or_a_colour() -> None:
    for told_apart_by in (stage.WORDS, stage.COLOURS):
        assert len(set(told_apart_by.values())) == len(told_apart_by) == len(Stage)
