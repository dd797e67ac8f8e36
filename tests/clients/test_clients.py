"""Other products' analytics packages, unmodified, against a running product."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest

from tests.clients.driver import Client, python_client
from tests.clients.limit import use_up_the_limit
from tests.clients.packages import FOUR, OTHERS, Connect, Package
from tests.clients.story import POINTS, SLACK, read_time, tell
from tests.clients.wire import Exchange, Wire, wire_to
from tests.product import Account, Product, wait_for

pytestmark = pytest.mark.e2e

ARRIVAL_SECONDS = 60.0
"""What the most patient client takes to send again what it could not deliver."""


def for_each(packages: Iterable[Package]) -> pytest.MarkDecorator:
    """Run a test with each of the packages; `make test` runs it with the four."""
    return pytest.mark.parametrize(
        "package",
        [
            pytest.param(p, id=p.name, marks=() if p in FOUR else pytest.mark.clients)
            for p in packages
        ],
    )


class Sender(NamedTuple):
    """A client that sends to a project of its own."""

    package: Package
    account: Account
    client: Client


def stored_events(product: Product, account: Account) -> list[dict[str, Any]]:
    """Return the account's events as they stand in the database."""
    rows = product.sql(
        "SELECT coalesce(json_agg(event ORDER BY id), '[]') FROM event "
        f"WHERE project_id = '{account.project_id}'"
    )
    return list(json.loads(rows))


def wait_for_events(product: Product, account: Account, count: int) -> list[Any]:
    """Return the account's events once there are so many."""
    return wait_for(
        lambda: (
            events if len(events := stored_events(product, account)) >= count else None
        ),
        seconds=ARRIVAL_SECONDS,
        what=f"storing {count} events",
    )


@for_each((*FOUR, *OTHERS))
def test_what_a_visitor_does_arrives_once_as_it_was_told_and_makes_one_lead(
    package: Package, connect: Connect, product: Product, account: Account, wire: Wire
) -> None:
    user_id = f"user-{uuid4()}"
    email = f"{user_id}@example.com"
    with connect(package, wire.url, account.write_key) as client:
        anonymous_id = (
            f"anonymous-{uuid4()}" if package.start else client.call("anonymousId")
        )
        told = tell(
            client, package, anonymous_id=anonymous_id, user_id=user_id, email=email
        )
        client.call("flush")
        events = wait_for_events(product, account, len(told))
    assert Counter(e["type"] for e in events) == Counter(t.type for t in told)
    by_type = {event["type"]: event for event in events}
    for call in told:
        call.check(by_type[call.type])
    if package.start is None:
        assert by_type["page_view"]["properties"]["path"] == "/browser/page.html"
    assert {event["message_id"] for event in events} == wire.message_ids()
    assert {each.status for each in wire.deliveries} == {200}

    score = sum(POINTS.get(call.type, 0) for call in told)
    lead = wait_for(
        lambda: (
            leads[0]
            if len(leads := product.leads(account)) == 1
            and leads[0]["currentScore"] == score
            else None
        ),
        seconds=30,
        what=f"making one lead with {score} points of {product.leads(account)}",
    )
    assert lead["email"] == email
    assert earned_points(product, account, lead) == Counter(
        {call.type: POINTS[call.type] for call in told if call.type in POINTS}
    )
    assert (lead["name"], lead["company"]) == ("Ada Lovelace", "Analytical Engines")


@for_each((*FOUR, *OTHERS))
def test_what_was_stored_and_not_answered_is_sent_again_and_counts_once(
    package: Package, connect: Connect, product: Product, account: Account, wire: Wire
) -> None:
    wire.loses_the_next_answer = True
    with connect(package, wire.url, account.write_key) as client:
        track_downloads(client, range(5))
        client.call("flush")
        wait_for_downloads(product, account, range(5))
        if package.resends:
            wait_for_resending(wire, wait_for_delivery(wire, lambda e: not e.status))
    assert not wire.loses_the_next_answer
    assert stored_downloads(product, account) == Counter(range(5))


@for_each((*FOUR, *OTHERS))
def test_what_came_over_the_limit_is_sent_again_when_it_was_asked_for(
    package: Package, connect: Connect, own_product: Product
) -> None:
    account = own_product.register()
    with (
        wire_to(own_product.port) as wire,
        connect(package, wire.url, account.write_key) as client,
    ):
        use_up_the_limit(own_product, account, seconds=2)
        track_downloads(client, range(5))
        client.call("flush")
        refused = wait_for_delivery(wire, lambda e: e.status != 200)
        assert refused.status == (503 if "posthog" in package.name else 429)
        assert refused.retry_after is not None
        if package.resends:
            resent = wait_for_resending(wire, refused)
            wait_for_downloads(own_product, account, range(5))
            if package.heeds_retry_after:
                assert resent.at - refused.at >= refused.retry_after
    assert set(stored_downloads(own_product, account).values()) <= {1}


@pytest.mark.parametrize(
    "packages",
    [
        pytest.param(FOUR, id="four"),
        pytest.param(OTHERS, id="others", marks=pytest.mark.clients),
    ],
)
def test_a_restart_in_the_middle_loses_nothing(
    packages: Sequence[Package], connect: Connect, own_product: Product
) -> None:
    with ExitStack() as clients:
        senders = [
            Sender(
                package,
                account := own_product.register(),
                clients.enter_context(
                    connect(package, own_product.url, account.write_key)
                ),
            )
            for package in packages
        ]
        for sender in senders:
            track_downloads(sender.client, range(5))
        for sender in senders:
            wait_for_downloads(own_product, sender.account, range(5))
        web, *_ = own_product.processes("leadpulse_app web")
        web.terminate()
        web.wait(10)
        for sender in senders:
            track_downloads(sender.client, range(5, 10))
        own_product.wait_until_healthy()
        for sender in senders:
            track_downloads(sender.client, range(10, 15))
        for package, account, client in senders:
            client.call("flush")
            kept = range(15) if package.resends else (*range(5), *range(10, 15))
            wait_for_downloads(own_product, account, kept)
    for package, account, _ in senders:
        counts = stored_downloads(own_product, account)
        assert set(counts.values()) == {1}, package.name


@for_each(p for p in (*FOUR, *OTHERS) if p.start is not python_client)
def test_a_clock_that_is_an_hour_slow_dates_no_event_wrongly(
    package: Package, connect: Connect, product: Product, account: Account
) -> None:
    hour = timedelta(hours=1)
    since = datetime.now(UTC)
    with connect(package, product.url, account.write_key) as client:
        client.call("shiftClock", milliseconds=-hour / timedelta(milliseconds=1))
        track_downloads(client, [1])
        client.call("flush")
        [event] = wait_for_events(product, account, 1)
    now = datetime.now(UTC)
    assert since - hour - SLACK <= read_time(event["timestamp"]) <= now - hour + SLACK
    assert since - SLACK <= read_time(event["occurred_at"]) <= now


def earned_points(
    product: Product, account: Account, lead: Mapping[str, Any]
) -> Counter[str]:
    """Return what each type of event gave a lead, as its history tells."""
    answer = httpx.get(
        f"{product.url}/api/leads/{lead['id']}/history",
        params={"limit": 500},
        headers=account.headers,
        timeout=20,
    )
    assert answer.status_code == 200, answer.text
    points: Counter[str] = Counter()
    for entry in answer.json()["data"]["entries"]:
        points[entry["eventType"]] += entry["delta"]
    return +points


def track_downloads(client: Client, numbers: Iterable[int]) -> None:
    """Make a client track an event with each number."""
    for number in numbers:
        properties = {"number": number}
        client.call("track", event="download", properties=properties, userId="reader")


def stored_downloads(product: Product, account: Account) -> Counter[int]:
    """Return how often the event with each number is stored."""
    return Counter(
        event["properties"]["number"]
        for event in stored_events(product, account)
        if event["type"] == "download"
    )


def wait_for_downloads(
    product: Product, account: Account, numbers: Iterable[int]
) -> None:
    """Wait until the event with each number is stored."""
    wait_for(
        lambda: set(numbers) <= stored_downloads(product, account).keys(),
        seconds=ARRIVAL_SECONDS,
        what=f"storing {numbers}",
    )


def wait_for_delivery(wire: Wire, is_meant: Callable[[Exchange], bool]) -> Exchange:
    """Return the first such request with events."""
    return wait_for(
        lambda: next(filter(is_meant, wire.deliveries), None),
        seconds=ARRIVAL_SECONDS,
        what="sending",
    )


def wait_for_resending(wire: Wire, first: Exchange) -> Exchange:
    """Return the first later request with one of the same events."""
    ids = set(first.message_ids())
    return wait_for_delivery(
        wire, lambda e: e.at > first.at and not ids.isdisjoint(e.message_ids())
    )
