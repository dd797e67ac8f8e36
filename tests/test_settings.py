"""What the environment may say of limits and proxies, and what it may not."""

from ipaddress import ip_network

import pytest
from pydantic import ValidationError

from leadpulse_app.settings import Settings


@pytest.mark.parametrize(
    ("given", "events"),
    [("250/minute", 250), (" 1 / minute ", 1), ("0/minute", 0), ("0", 0)],
)
def test_a_rate_is_so_many_events_a_minute(
    monkeypatch: pytest.MonkeyPatch, given: str, events: int
) -> None:
    monkeypatch.setenv("LEADPULSE_INGEST_RATE", given)
    monkeypatch.setenv("LEADPULSE_INGEST_RATE_IP", given)
    settings = Settings()
    assert (settings.ingest_rate, settings.ingest_rate_per_address) == (events, events)


def test_the_limits_are_those_of_the_contract_by_default() -> None:
    settings = Settings()
    assert (settings.ingest_rate, settings.ingest_rate_per_address) == (6000, 200)
    assert settings.trusted_proxies == ()


@pytest.mark.parametrize(
    "given", ["6000", "6000/hour", "-1/minute", "1e3/minute", "many", "٣/minute"]
)
def test_another_rate_is_refused_with_an_example(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("LEADPULSE_INGEST_RATE", given)
    with pytest.raises(ValidationError, match="like 6000/minute, or 0 for none"):
        Settings()


def test_proxies_are_addresses_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADPULSE_TRUSTED_PROXIES", "10.1.2.3/8, 192.0.2.1, ,::1")
    networks = ("10.0.0.0/8", "192.0.2.1/32", "::1/128")
    assert Settings().trusted_proxies == tuple(map(ip_network, networks))


def test_a_proxy_by_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADPULSE_TRUSTED_PROXIES", "proxy.example.com")
    with pytest.raises(ValidationError, match="addresses or networks like"):
        Settings()
