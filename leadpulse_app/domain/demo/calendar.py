"""When people come: on weekdays, in office hours, in waves, and less in holidays."""

from datetime import UTC, date, datetime, time, timedelta
from math import exp
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

_WEEKDAYS = (1.0, 1.12, 1.15, 1.08, 0.85, 0.22, 0.26)
"""How busy a day is, from Monday on."""

_HOURS = (
    *(1, 1, 1, 1, 1, 2, 4, 12, 38, 62, 70, 66),
    *(44, 58, 68, 64, 52, 36, 20, 16, 15, 12, 7, 3),
)
"""How busy an hour is, from midnight on: an office day with its lunch break."""

_GROWTH = 0.9
"""By how much the last day of the year is busier than the first, in shares of it."""

_BUSIEST = 2.4
"""A weight that few days exceed; against it, a day is taken or passed over."""


class Campaign(NamedTuple):
    """Something that makes more people come, for a while."""

    name: str
    """As links to the site carry it."""
    source: str
    medium: str
    days_ago: int
    lift: float
    """How many times as many come on its day, beyond those who come anyway."""
    fades_in_days: float


WEBINAR = Campaign("lead-scoring-webinar", "newsletter", "email", 214, 3.0, 4.0)
LAUNCH = Campaign("v2-launch", "producthunt", "referral", 124, 4.5, 5.0)
PRICING = Campaign("new-pricing", "newsletter", "email", 43, 1.8, 6.0)
CAMPAIGNS = (WEBINAR, LAUNCH, PRICING)


class Calendar:
    """The days of the year that ends now, and how busy each of them is."""

    def __init__(self, *, now: datetime, days: int, zone: ZoneInfo) -> None:
        """Lay out the year.

        Args:
            now: The last moment of it.
            days: How many days it has.
            zone: Where it is office hours.
        """
        self.now = now
        self._zone = zone
        today = now.astimezone(zone).date()
        self.days = [today - timedelta(days=ago) for ago in range(days, -1, -1)]
        self._weights = {day: self._weigh(day) for day in self.days}

    def campaign_day(self, campaign: Campaign) -> date:
        """Return the day of a campaign: never one on a weekend."""
        day = self.days[-1] - timedelta(days=campaign.days_ago)
        return day - timedelta(days=max(0, day.weekday() - 4))

    def draw_day(self, random: Random, *, newest: int | None = None) -> date:
        """Return a day on which somebody comes for the first time.

        Args:
            random: Decides.
            newest: Only one of so many last days, if it is to be recent.
        """
        days = self.days[1:] if newest is None else self.days[-newest:]
        return random.choices(days, [self._weights[day] for day in days])[0]

    def draw_moment(self, random: Random, day: date) -> datetime:
        """Return a moment of a day, in UTC; never one that is still to come."""
        hour = random.choices(range(24), _HOURS)[0]
        second = random.randrange(3600)
        local = datetime.combine(day, time(hour, second // 60, second % 60), self._zone)
        moment = local.astimezone(UTC)
        if moment >= self.now:  # today is not over: then it was some hours ago
            return self.now - timedelta(seconds=random.randrange(60, 4 * 3600))
        return moment

    def later_day(self, random: Random, day: date, mean_days: float) -> date:
        """Return a day some days on, on which somebody comes again.

        It is more likely a busy one; it may lie beyond the end of the year.
        """
        later = day + timedelta(days=1 + int(random.expovariate(1 / mean_days)))
        for _ in range(6):
            if random.random() < self._weights.get(later, 1.0) / _BUSIEST + 0.15:
                break
            later += timedelta(days=random.randint(1, 3))
        return later

    def wave(self, random: Random, day: date) -> Campaign | None:
        """Return the campaign that brought somebody on this day, if one did."""
        lifts = [self._lift(campaign, day) for campaign in CAMPAIGNS]
        drawn = random.random() * (1 + sum(lifts))
        for campaign, lift in zip(CAMPAIGNS, lifts, strict=True):
            drawn -= lift
            if drawn < 0:
                return campaign
        return None

    def _weigh(self, day: date) -> float:
        passed = (day - self.days[0]).days / max(len(self.days) - 1, 1)
        waves = sum(self._lift(campaign, day) for campaign in CAMPAIGNS)
        growth = 1 + _GROWTH * passed
        return _WEEKDAYS[day.weekday()] * _season(day) * growth * (1 + waves)

    def _lift(self, campaign: Campaign, day: date) -> float:
        since = (day - self.campaign_day(campaign)).days
        return campaign.lift * exp(-since / campaign.fades_in_days) if since >= 0 else 0


def _season(day: date) -> float:
    month_and_day = (day.month, day.day)
    if month_and_day >= (12, 20) or month_and_day <= (1, 2):
        return 0.3
    if (7, 10) <= month_and_day <= (8, 25):
        return 0.6
    return 1.0
