"""What can be said of a project, and what can't."""

import pytest

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.project import (
    read_domain,
    read_project_name,
    read_time_zone,
    time_zones,
)


@pytest.mark.parametrize(
    "pasted",
    ["www.example.com", " HTTPS://www.Example.com/pricing?x=1 ", "www.example.com:443"],
)
def test_a_domain_is_kept_as_its_host(pasted: str) -> None:
    assert read_domain(pasted) == "www.example.com"


def test_no_domain_is_none() -> None:
    assert read_domain("  ") is None


@pytest.mark.parametrize(
    "wrong", ["localhost", "a b.com", "-x.com", "https://", "x" * 300]
)
def test_what_is_no_host_name_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInputError):
        read_domain(wrong)


def test_every_time_zone_of_the_database_is_taken_and_no_other() -> None:
    assert "Europe/Berlin" in time_zones()
    assert read_time_zone("UTC") == "UTC"
    for wrong in ("", "Mars/Olympus", "../etc/passwd", "europe/berlin"):
        with pytest.raises(InvalidInputError):
            read_time_zone(wrong)


@pytest.mark.parametrize("wrong", ["", "  ", "x" * 121, "a\nb"])
def test_a_name_is_short_and_printable(wrong: str) -> None:
    with pytest.raises(InvalidInputError):
        read_project_name(wrong)
