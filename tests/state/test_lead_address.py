"""The address of a list keeps every filter, and no address is refused."""

from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.intelligence import Risk
from leadpulse_app.domain.lead_filter import LeadFilter, LeadSort
from leadpulse_app.domain.stage import Stage
from leadpulse_app.state.lead_address import FILTER_NAMES, LeadAddress

MEMBER = UUID("01890000-0000-7000-8000-000000000001")

hostile = st.text(max_size=60) | st.sampled_from(
    [
        "0",
        "x" * 999,
        "-1",
        "10001",
        "99999999999999999999",
        "\u0661",
        "\x00",
        "none",
        "hot",
        "%00",
    ]
)
scores = st.none() | st.integers(0, 10_000)


def read_back(href: str) -> LeadAddress:
    return LeadAddress.of(dict(parse_qsl(urlsplit(href).query)))


@given(
    st.dictionaries(
        st.sampled_from([*FILTER_NAMES, "sort", "cursor", "from", "lead"]), hostile
    )
)
def test_what_can_not_be_read_is_left_out(parameters: dict[str, str]) -> None:
    address = LeadAddress.of(parameters)
    assert read_back(address.href()) == address
    assert len(address.href()) < 6_000


@given(
    stage=st.none() | st.sampled_from(Stage),
    risk=st.none() | st.sampled_from(Risk),
    days=st.none() | st.integers(1, 365),
    bounds=st.tuples(scores, scores),
    sort=st.sampled_from(LeadSort),
)
def test_a_filter_comes_back_from_its_address(
    stage: Stage | None,
    risk: Risk | None,
    days: int | None,
    bounds: tuple[int | None, int | None],
    sort: LeadSort,
) -> None:
    low, high = bounds
    if low is not None and high is not None:
        low, high = min(low, high), max(low, high)
    wanted = LeadFilter(
        query="Ada & co",
        stage=stage,
        risk=risk,
        seen_within_days=days,
        minimum_score=low,
        maximum_score=high,
        owner_id=MEMBER,
        tag="vip",
        event_type="demo_request",
    )
    address = LeadAddress(wanted, sort)
    assert read_back(address.href()) == address


@pytest.mark.parametrize(
    ("address", "href"),
    [
        (LeadAddress(), "/leads"),
        (LeadAddress(LeadFilter(stage=Stage.HOT)), "/leads?stage=hot"),
        (LeadAddress(LeadFilter(query="a&b")), "/leads?q=a%26b"),
        (LeadAddress(LeadFilter(unowned=True)), "/leads?owner=none"),
        (LeadAddress(sort=LeadSort.LAST_SEEN), "/leads?sort=last_seen"),
    ],
)
def test_a_list_has_one_address(address: LeadAddress, href: str) -> None:
    assert address.href() == href


def test_a_change_leads_to_the_first_page_and_keeps_the_rest() -> None:
    address = LeadAddress(LeadFilter(stage=Stage.HOT)).at("abc", 50)
    assert address.changed(risk="high").href() == "/leads?stage=hot&risk=high"
    assert address.changed(stage="").href() == "/leads"


def test_a_range_that_ends_before_it_begins_loses_its_end() -> None:
    wanted = LeadAddress.of({"minScore": "80", "maxScore": "20"}).wanted
    assert (wanted.minimum_score, wanted.maximum_score) == (80, None)
