"""What somebody does, from the first visit until they come no more."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import NamedTuple

from leadpulse_app.domain.demo.calendar import (
    LAUNCH,
    PRICING,
    WEBINAR,
    Calendar,
    Campaign,
)
from leadpulse_app.domain.demo.people import Person, Persona
from leadpulse_app.domain.event import IDENTIFY
from leadpulse_app.domain.properties import Json

SITE = "https://www.northwind.example"

_TITLES = {
    "/": "Northwind",
    "/product": "Product",
    "/product/scoring": "Lead scoring",
    "/product/integrations": "Integrations",
    "/customers": "Customers",
    "/docs": "Documentation",
    "/docs/quickstart": "Quickstart",
    "/blog": "Blog",
    "/blog/what-is-lead-scoring": "What is lead scoring",
    "/blog/decay-and-caps": "Decay and caps",
    "/about": "About us",
    "/pricing": "Pricing",
    "/demo": "Book a demo",
}
_PAGES = tuple(path for path in _TITLES if path not in {"/", "/pricing", "/demo"})
_BUTTONS = ("Read more", "See it work", "Compare plans", "Copy snippet", "Next")
_REFERRERS = (
    "https://www.google.com/",
    "https://www.google.com/",
    "https://www.bing.com/",
    "https://www.linkedin.com/",
    "https://news.ycombinator.com/",
    "https://github.com/",
    "",
    "",
)
_DOWNLOADS = ("scoring-guide.pdf", "buyers-checklist.pdf", "benchmark-report.pdf")


class Deed(NamedTuple):
    """One thing that somebody did."""

    at: datetime
    type: str
    anonymous_id: str | None
    user_id: str | None
    session_id: str | None
    properties: Mapping[str, Json]
    traits: Mapping[str, str] | None = None


def journey(
    random: Random, calendar: Calendar, person: Person, *, first_day: date
) -> Sequence[Deed]:
    """Return what a person does up to the end of the calendar, oldest first.

    Args:
        random: Decides.
        calendar: The days, and how busy each is.
        person: Who it is.
        first_day: When they come for the first time; they do then.
    """
    walk = _Walk(random, calendar, person, first_day)
    {
        Persona.VISITOR: walk.look_around,
        Persona.READER: walk.read,
        Persona.EVALUATOR: walk.evaluate,
        Persona.BUYER: walk.buy,
        Persona.STAR: walk.shine,
    }[person.persona]()
    return sorted(
        (deed for deed in walk.deeds if deed.at <= calendar.now),
        key=lambda deed: deed.at,
    )


class _Walk:
    """A person on their way: which day it is, by which device, known as what."""

    def __init__(
        self, random: Random, calendar: Calendar, person: Person, day: date
    ) -> None:
        self.deeds: list[Deed] = []
        self._random = random
        self._calendar = calendar
        self._person = person
        self._day = day
        self._device = f"anon_{random.getrandbits(64):016x}"
        self._user_id: str | None = None
        self._sessions = 0

    # What the personas do.

    def look_around(self) -> None:
        self._visit()
        for _ in range(self._random.choices((0, 1, 2, 3), (58, 24, 12, 6))[0]):
            self._pass(9)
            self._visit(pricing=self._chance(0.12))

    def read(self) -> None:
        self._visit()
        if self._chance(0.3):
            self._pass(6)
            self._visit()
        self._subscribe()
        for _ in range(1 + int(self._random.expovariate(1 / 8))):
            if self._is_over:
                return
            self._pass(8)
            self._open_mail()
            if self._chance(0.34):
                self._visit(pricing=self._chance(0.08), download=self._chance(0.12))
        self._hear_of_campaigns()
        if self._chance(0.16):
            self._unsubscribe()

    def evaluate(self) -> None:
        self._visit(pricing=self._chance(0.25))
        for _ in range(self._random.randint(1, 3)):
            self._pass(3)
            self._visit(pricing=self._chance(0.35))
        self._subscribe()
        if self._chance(0.55):
            self._pass(4)
            self._sign_up()
        for _ in range(self._random.randint(2, 7)):
            if self._is_over:
                return
            self._pass(4.5)
            self._visit(pricing=self._chance(0.28), download=self._chance(0.2))
            if self._chance(0.5):
                self._open_mail()
        if self._chance(0.35):
            self._change_device()
        self._hear_of_campaigns()
        if self._chance(0.12):
            self._unsubscribe()

    def buy(self) -> None:
        self._visit(pricing=True)
        for _ in range(self._random.randint(1, 4)):
            self._pass(2.5)
            self._visit(pricing=self._chance(0.45))
        self._subscribe()
        self._pass(3)
        self._sign_up()
        if self._chance(0.4):
            self._change_device()
        self._pass(2.5)
        self._ask_for_a_demo()
        for _ in range(self._random.randint(3, 10)):
            if self._is_over:
                return
            self._pass(3)
            self._visit(pricing=self._chance(0.4), download=self._chance(0.25))
            self._open_mail()
        self._hear_of_campaigns()
        if self._chance(0.45):
            self._sign_contract()
            self._keep_coming(9, 0.86)

    def shine(self) -> None:
        self.buy()
        self._sign_contract()
        self._keep_coming(3.5, 0.985)

    # The steps that these are made of.

    @property
    def _is_over(self) -> bool:
        return self._day > self._calendar.days[-1]

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _pass(self, mean_days: float) -> None:
        self._day = self._calendar.later_day(self._random, self._day, mean_days)

    def _moment(self) -> datetime:
        return self._calendar.draw_moment(self._random, self._day)

    def _do(
        self,
        at: datetime,
        event_type: str,
        properties: Mapping[str, Json],
        *,
        session_id: str | None = None,
        traits: Mapping[str, str] | None = None,
    ) -> None:
        self.deeds.append(
            Deed(
                at,
                event_type,
                self._device,
                self._user_id,
                session_id,
                properties,
                traits,
            )
        )

    def _visit(
        self,
        *,
        pricing: bool = False,
        download: bool = False,
        campaign: Campaign | None = None,
    ) -> datetime:
        """Look at some pages in one session; return when it ended."""
        if self._is_over:
            return self._calendar.now + timedelta(days=1)
        began = at = self._moment()
        self._sessions += 1
        session_id = f"session_{self._person.number}_{self._sessions}"
        wave = campaign or self._calendar.wave(self._random, self._day)
        referrer, tags = self._arrival(wave)
        paths = ["/" if self._chance(0.5) else self._random.choice(_PAGES)]
        pages = self._random.choices((0, 1, 2, 3, 4, 6), (26, 28, 21, 13, 8, 4))[0]
        paths += self._random.sample(_PAGES, pages)
        if pricing:
            paths.append("/pricing")
        for path in paths:
            url = SITE + path
            viewed: dict[str, Json] = {
                "path": path,
                "url": url,
                "title": _TITLES[path],
                "referrer": referrer,
                **tags,
            }
            self._do(at, "page_view", viewed, session_id=session_id)
            referrer, tags = url, {}
            at += timedelta(seconds=self._random.randint(8, 170))
            if path == "/pricing":
                self._do(
                    at, "pricing_page_visit", {"path": path}, session_id=session_id
                )
                at += timedelta(seconds=self._random.randint(5, 90))
            elif self._chance(0.3):
                clicked: dict[str, Json] = {
                    "tag": "a",
                    "text": self._random.choice(_BUTTONS),
                    "path": path,
                }
                self._do(at, "click", clicked, session_id=session_id)
                at += timedelta(seconds=self._random.randint(2, 30))
        if download:
            taken: dict[str, Json] = {"file": self._random.choice(_DOWNLOADS)}
            self._do(at, "download", taken, session_id=session_id)
            at += timedelta(seconds=self._random.randint(2, 60))
        ended: dict[str, Json] = {
            "durationSeconds": int((at - began).total_seconds()),
            "pageCount": len(paths),
        }
        self._do(at, "session_end", ended, session_id=session_id)
        return at

    def _arrival(self, wave: Campaign | None) -> tuple[str, dict[str, Json]]:
        """Return where a visit comes from, and what its link carries."""
        if wave is None:
            return self._random.choice(_REFERRERS), {}
        referrer = "https://www.producthunt.com/" if wave is LAUNCH else ""
        return referrer, {
            "utm_source": wave.source,
            "utm_medium": wave.medium,
            "utm_campaign": wave.name,
        }

    def _identify(self, at: datetime) -> None:
        person = self._person
        traits = {"email": person.email, "name": person.name}
        if person.company is not None:
            traits["company"] = person.company.name
        self._do(at, IDENTIFY, {**traits}, traits=traits)

    def _subscribe(self) -> None:
        at = self._visit()
        form: dict[str, Json] = {"form": "newsletter", "path": "/blog"}
        self._do(at, "form_submit", form)
        self._identify(at + timedelta(seconds=1))

    def _sign_up(self) -> None:
        at = self._visit()
        self._do(at, "signup", {"plan": self._random.choice(("free", "team"))})
        self._user_id = f"user_{self._person.number}"
        self._identify(at + timedelta(seconds=1))

    def _change_device(self) -> None:
        """Come by another device: unknown at first, and then as the same person."""
        self._device, known_as = (
            f"anon_{self._random.getrandbits(64):016x}",
            self._user_id,
        )
        self._user_id = None
        self._pass(2)
        self._visit(pricing=self._chance(0.3))
        self._user_id = known_as
        self._pass(2)
        self._identify(self._visit())

    def _ask_for_a_demo(self) -> None:
        at = self._visit(pricing=True)
        seats = self._random.choice((5, 10, 25, 50, 120))
        self._do(at, "demo_request", {"path": "/demo", "seats": seats})

    def _sign_contract(self) -> None:
        self._pass(9)
        if not self._is_over:
            seats = self._random.choice((5, 10, 25, 50, 120))
            self._do(
                self._moment(), "contract_signed", {"plan": "team", "seats": seats}
            )

    def _keep_coming(self, mean_days: float, staying: float) -> None:
        while not self._is_over and self._chance(staying):
            self._pass(mean_days)
            self._visit(pricing=self._chance(0.12), download=self._chance(0.06))
            if self._chance(0.4):
                self._open_mail()

    def _open_mail(self) -> None:
        """Open a mail, which the mail's sender tells of and no browser."""
        if not self._is_over:
            mail: dict[str, Json] = {"campaign": f"digest-{self._day:%Y-%m}"}
            traits = {"email": self._person.email}
            self.deeds.append(
                Deed(self._moment(), "email_open", None, None, None, mail, traits)
            )

    def _unsubscribe(self) -> None:
        self._pass(5)
        if not self._is_over:
            traits = {"email": self._person.email}
            left: dict[str, Json] = {"list": "newsletter"}
            self.deeds.append(
                Deed(self._moment(), "unsubscribe", None, None, None, left, traits)
            )

    def _hear_of_campaigns(self) -> None:
        """Come back for what was announced while the person was known."""
        began = min(deed.at for deed in self.deeds).date()
        for campaign, share in ((WEBINAR, 0.3), (LAUNCH, 0.12), (PRICING, 0.2)):
            day = self._calendar.campaign_day(campaign)
            if not began < day or not self._chance(share):
                continue
            today, self._day = self._day, day
            at = self._visit(pricing=campaign is PRICING, campaign=campaign)
            if campaign is WEBINAR:
                attended: dict[str, Json] = {"webinar": campaign.name, "minutes": 45}
                self._do(at, "webinar_attendance", attended)
            self._day = max(today, day)
