"""What a visitor does: told to a client call by call, and as it has to be stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.clients.driver import Client
from tests.clients.packages import Package

SLACK = timedelta(seconds=1)
"""How far a stored time may be from the one that the client meant."""

ODD_EVENT = "Plan Upgraded: v2.0"
ODD_PROPERTIES: dict[str, Any] = {
    "city": "Zürich 🦊 東京",
    "quote": "\"<script>\\u0041\\n'",
    "seats": 3,
    "ratio": -0.5,
    "big": 2**53 - 1,
    "paid": True,
    "coupon": None,
    "empty": "",
    "items": ["a", 1, None],
    "address": {"street": "Bahnhofstraße 1", "floor": 2},
}
PAID_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

POINTS = {"page_view": 5, "webinar_attendance": 25, "signup": 30}
"""What the default rules give for what happens here."""


@dataclass(frozen=True)
class Told:
    """A call that was made, and the type of event that it has to become."""

    type: str
    arguments: Mapping[str, Any]
    since: datetime
    until: datetime
    """It happened between the two."""

    def check(self, row: Mapping[str, Any]) -> None:
        """Compare an event as it is stored to what was told."""
        on_its_way = read_time(row["received_at"]) - read_time(row["sent_at"])
        assert row["timestamp"] == _Within(self.since, self.until)
        assert row["occurred_at"] == _Within(self.since, self.until + on_its_way)
        names = (row["anonymous_id"], row["user_id"], row["previous_id"])
        match self.arguments:
            case {"userId": known, "previousId": former}:
                assert {row["user_id"], row["previous_id"]} == {known, former}
            case {"userId": known}:  # some leave the other id out once they know it
                assert names[1:] == (known, None)
            case {"anonymousId": unknown}:
                assert names == (unknown, None, None)
        wanted = dict(self.arguments.get("properties", {}))
        if (paid_at := wanted.pop("paidAt", None)) is not None:
            assert read_time(row["properties"]["paidAt"]) == read_time(paid_at["$date"])
        assert {name: row["properties"].get(name) for name in wanted} == wanted
        if self.type in ("page_view", "screen_view"):
            assert self.arguments["name"] in row["properties"].values()
        traits = self.arguments.get("traits", {})
        if self.type == "group":
            traits = {"company": traits["name"]}
        assert traits.items() <= (row["traits"] or {}).items()


def tell(
    client: Client, package: Package, *, anonymous_id: str, user_id: str, email: str
) -> list[Told]:
    """Tell a client what a visitor does, and return what it was told.

    The visitor comes unknown and then says who they are. Where the client allows it,
    they have been here under another id before.
    """
    told: list[Told] = []

    def call(name: str, type_: str, /, **arguments: Any) -> None:
        since = datetime.now(UTC)
        if "timestamp" in arguments:
            if package.takes_times:
                since = read_time(arguments["timestamp"]["$date"])
            else:
                del arguments["timestamp"]
        if name not in package.lacks:
            client.call(name, **arguments)
            until = since if "timestamp" in arguments else datetime.now(UTC)
            told.append(Told(type_, arguments, since, until))

    unknown, known = {"anonymousId": anonymous_id}, {"userId": user_id}
    plan = {"plan": "pro"}
    before = f"before-{user_id}"
    odd = ODD_PROPERTIES
    if package.writes_dates:
        odd = {**odd, "paidAt": {"$date": PAID_AT.isoformat()}}
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    call("page", "page_view", name="Pricing", properties=plan, **unknown)
    if package.start is not None and "alias" not in package.lacks:
        webinar = "webinar_attendance"
        call("track", webinar, event=webinar, properties={}, anonymousId=before)
    call(
        "track",
        ODD_EVENT,
        event=ODD_EVENT,
        properties=odd,
        timestamp={"$date": an_hour_ago.isoformat()},
        **unknown,
    )
    traits = {"email": email, "name": "Ada Lovelace"}
    call("identify", "identify", traits=traits, **unknown, **known)
    call("alias", "alias", previousId=before, **known)
    company = {"name": "Analytical Engines"}
    call("group", "group", groupId="analytical", traits=company, **known)
    call("screen", "screen_view", name="Plans", properties=plan, **known)
    call("track", "signup", event="signup", properties=plan, **known)
    return told


def read_time(text: str) -> datetime:
    """Return a time of an event, as JSON has it."""
    return datetime.fromisoformat(text).astimezone(UTC)


@dataclass(frozen=True)
class _Within:
    """Equals each time between two, as near as clients and networks are."""

    since: datetime
    until: datetime

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, str)
            and self.since - SLACK <= read_time(other) <= self.until + SLACK
        )

    __hash__ = None  # type: ignore[assignment]  # it equals more than itself
