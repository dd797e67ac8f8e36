"""The plan of a made-up year: every event of it, in the order in which they come in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from leadpulse_app.domain.demo.calendar import Calendar
from leadpulse_app.domain.demo.journeys import Deed, journey
from leadpulse_app.domain.demo.people import Person, Persona, make_people
from leadpulse_app.domain.event import IngestedEvent

YEAR = timedelta(days=365)

DEFAULT_PEOPLE = 2_000
"""They do about 60,000 things in a year."""

MAXIMUM_PEOPLE = 10_000

NEWCOMERS = 0.12
"""Of those who buy, how many came lately, so that some become qualified this week."""

NEWEST_DAYS = 32


class Plan(NamedTuple):
    """What is to be sent."""

    people: Sequence[Person]
    events: Sequence[IngestedEvent]
    """The oldest first; each arrives when it happens."""


def anchor_id(seed: int) -> str:
    """Return the message id of the event with which a year begins, to the second."""
    return _message_id(seed, 0, 0)


def make_plan(
    *,
    seed: int,
    now: datetime,
    people: int = DEFAULT_PEOPLE,
    zone: ZoneInfo | None = None,
) -> Plan:
    """Return the plan of a seed: the same for the same arguments.

    Args:
        seed: Decides everything.
        now: The last moment of the year, in UTC; taken to the second.
        people: How many people come, 1..10,000.
        zone: Where it is office hours; UTC where none is named.
    """
    now = now.replace(microsecond=0)
    calendar = Calendar(now=now, days=YEAR.days, zone=zone or ZoneInfo("UTC"))
    random = Random(seed)  # noqa: S311  (nothing here is a secret)
    everybody = make_people(random, people)
    events: list[IngestedEvent] = []
    for person in everybody:
        own = Random(f"{seed}-{person.number}")  # noqa: S311
        newest = (
            NEWEST_DAYS
            if person.persona in {Persona.BUYER, Persona.STAR}
            and own.random() < NEWCOMERS
            else None
        )
        day = calendar.draw_day(own, newest=newest)
        if person.number == 0:
            day = calendar.days[1]
        deeds = list(journey(own, calendar, person, first_day=day))
        if person.number == 0:
            deeds[0] = deeds[0]._replace(at=now - YEAR)
        events.extend(
            _event(deed, _message_id(seed, person.number, place))
            for place, deed in enumerate(deeds)
        )
    events.sort(key=lambda event: (event.received_at, event.message_id))
    return Plan(everybody, events)


def _message_id(seed: int, person: int, place: int) -> str:
    return f"demo-{seed}-{person}-{place}"


def _event(deed: Deed, message_id: str) -> IngestedEvent:
    return IngestedEvent(
        message_id=message_id,
        type=deed.type,
        anonymous_id=deed.anonymous_id,
        user_id=deed.user_id,
        session_id=deed.session_id,
        properties=deed.properties,
        timestamp=deed.at,
        sent_at=None,
        received_at=deed.at,
        occurred_at=deed.at,
        traits=deed.traits,
    )
