"""The frontend follows the address of the page that loaded it."""

from pathlib import Path

import pytest

from rxconfig import SameOrigin


def build(folder: Path, script: str) -> str:
    chunk = folder / "assets" / "chunk.js"
    chunk.parent.mkdir()
    chunk.write_text(script)
    SameOrigin().post_build(static_dir=folder)
    return chunk.read_text()


def test_built_addresses_become_those_of_the_page(tmp_path: Path) -> None:
    built = build(
        tmp_path,
        'var e={PING:"http://origin.invalid/ping",EVENT:`ws://origin.invalid/_event`}',
    )
    assert built == (
        'var e={PING:(location.origin+"/ping"),'
        'EVENT:(location.origin.replace("http","ws")+"/_event")}'
    )


def test_a_build_without_an_address_to_rewrite_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="nowhere calls"):
        build(tmp_path, 'var e={PING:"http://localhost:8000/ping"}')


def test_an_address_that_can_not_be_rewritten_fails_the_build(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="outside of a plain string"):
        build(tmp_path, 'var a="http://origin.invalid/x",b="see origin.invalid"')
