"""Tests of the rules, about a lead or about events, as they are added and removed."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

import reflex as rx
from pydantic import ValidationError

from leadpulse_app import database
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.fold import MAXIMUM_SCORE
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.rule_edits import add_test, remove_test
from leadpulse_app.domain.rule_tests import (
    MAXIMUM_DAYS_AGO,
    MAXIMUM_EVENTS,
    ExampleEvent,
    RuleTest,
)
from leadpulse_app.domain.stage import Stage
from leadpulse_app.services.leads import get_lead
from leadpulse_app.state import words
from leadpulse_app.state.given import require_uuid
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.rule_form import whole_number
from leadpulse_app.state.rule_simulator import (
    MAXIMUM_PASTED,
    FoundLead,
    find_leads,
    trait,
)
from leadpulse_app.state.rules import RulesState

SCORE = "score"
"""What stands for a score among the stages that can be expected."""

NAME_RULE = "The name has to be 1 to 120 characters on one line"
SCORE_RULE = f"A score is a whole number from 0 to {MAXIMUM_SCORE:,}"
EXPECTED_RULE = "A stage or a score has to be expected"
LEAD_RULE = "Search for a lead and choose it"
KNOWN_RULE = "A character of this can't be stored"
EVENTS_RULE = f"These have to be 1 to {MAXIMUM_EVENTS} events in a list: [{{…}}, {{…}}]"

_EVENT_RULES = {
    "type": 'has to have a "type" of 1 to 64 letters, digits, spaces or _ . : - $',
    "properties": 'has to have an object as its "properties"',
    "days_ago": f'has to have a number from 0 to {MAXIMUM_DAYS_AGO:,} as "daysAgo"',
}
_EVENT_NAMES = {"type": "type", "properties": "properties", "daysAgo": "days_ago"}
_KNOWN = {"email": "lead_email", "full_name": "lead_name", "company": "lead_company"}


class Subject(StrEnum):
    """What a test is about."""

    EVENTS = "events"
    LEAD = "lead"


class RuleTestsState(rx.State):
    """What the dialog shows that adds a test."""

    is_open: bool = False
    subject: str = Subject.EVENTS.value
    found: list[FoundLead] = []
    found_nothing: bool = False
    chosen: str = ""
    """The name of the lead that is chosen; empty for none."""
    problems: dict[str, str] = {}
    """What is wrong with what was entered, by field."""

    _lead_id: UUID | None = None

    def _begin(self) -> None:
        self.is_open, self.subject = False, Subject.EVENTS.value
        self.found, self.found_nothing = [], False
        self.chosen, self._lead_id, self.problems = "", None, {}

    @rx.event
    def toggle(self, is_open: bool) -> None:
        """Open the dialog, or close it without keeping what was entered."""
        self._begin()
        self.is_open = is_open is True

    @rx.event
    def choose_subject(self, subject: str) -> None:
        """Let the test be about events, or about a lead."""
        if isinstance(subject, str) and subject in {each.value for each in Subject}:
            self.subject, self.problems = subject, {}

    @rx.event
    async def search(self, query: str) -> None:
        """Offer the leads whose name, email or company contains this."""
        found = await find_leads(query)
        self.found, self.found_nothing = found or [], found == []

    @rx.event
    async def choose_lead(self, lead_id: str) -> None:
        """Let the test be about this lead."""
        wanted, actor = require_uuid(lead_id, "lead"), current_actor()
        async with database.transaction(actor.project_id) as session:
            lead = await get_lead(session, actor, wanted, now=datetime.now(UTC))
        self.chosen, self._lead_id = words.lead_name(lead), lead.id
        self.found, self.found_nothing, self.problems = [], False, {}

    @rx.event
    async def add(self, form: dict[str, object]) -> None:
        """Keep the test that was entered, in the draft."""
        entered = form if isinstance(form, dict) else {}
        self.problems = {}
        try:
            test = read_test(
                entered,
                test_id=uuid7(datetime.now(UTC)),
                subject=Subject(self.subject),
                lead_id=self._lead_id,
            )
            await (await self.get_state(RulesState))._edit(add_test(test))
        except InvalidInputError as error:
            self.problems = dict(error.details or {})
        else:
            self._begin()

    @rx.event
    async def remove(self, test_id: str) -> None:
        """Take a test out of the draft."""
        edit = remove_test(require_uuid(test_id, "test"))
        await (await self.get_state(RulesState))._edit(edit)


def read_test(
    entered: Mapping[str, object],
    *,
    test_id: UUID,
    subject: Subject,
    lead_id: UUID | None,
) -> RuleTest:
    """Return the test that a person entered.

    Args:
        entered: The form, as any client can send it.
        test_id: What it is to be known by.
        subject: What it is about.
        lead_id: The lead that was chosen, if any.

    Raises:
        InvalidInputError: It can't be; the details say why by field.
    """
    problems: dict[str, str] = {}
    said: dict[str, object] = {"id": test_id, "name": entered.get("name")}
    if subject is Subject.LEAD:
        said["lead_id"] = lead_id
        if lead_id is None:
            problems["lead"] = LEAD_RULE
    else:
        said |= {name: trait(entered.get(sent)) for name, sent in _KNOWN.items()}
        try:
            said["events"] = _events(entered.get("events"))
        except InvalidInputError as error:
            problems["events"] = error.message
    said |= _expected(entered, problems)
    try:
        test = RuleTest.model_validate(said)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            field = problem["loc"][0] if problem["loc"] else ""
            if field == "name":
                problems["name"] = NAME_RULE
            elif field in _KNOWN:
                problems["known"] = KNOWN_RULE
            elif not problems:
                problems["tests"] = str(problem.get("ctx", {}).get("error", ""))
    else:
        if not problems:
            return test
    raise InvalidInputError(next(iter(problems.values())), details=problems)


def _expected(
    entered: Mapping[str, object], problems: dict[str, str]
) -> dict[str, object]:
    expected = entered.get("expected")
    if expected == SCORE:
        score = whole_number(entered.get(SCORE))
        if type(score) is int and 0 <= score <= MAXIMUM_SCORE:
            return {"expected_score": score}
        problems["expected"] = SCORE_RULE
    elif isinstance(expected, str) and expected in {each.value for each in Stage}:
        return {"expected_stage": Stage(expected)}
    else:
        problems["expected"] = EXPECTED_RULE
    return {}


def _events(text: object) -> tuple[ExampleEvent, ...]:
    """Return the events that were pasted as JSON.

    Raises:
        InvalidInputError: They are none.
    """
    if not isinstance(text, str) or len(text) > MAXIMUM_PASTED:
        raise InvalidInputError("The events are too long")
    try:
        events = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInputError("This is not JSON") from None
    if not isinstance(events, list) or not 0 < len(events) <= MAXIMUM_EVENTS:
        raise InvalidInputError(EVENTS_RULE)
    return tuple(_event(number, event) for number, event in enumerate(events, start=1))


def _event(number: int, said: object) -> ExampleEvent:
    named = f"Event {number}"
    if not isinstance(said, dict):
        raise InvalidInputError(f"{named} {_EVENT_RULES['type']}")
    if not _EVENT_NAMES.keys() >= said.keys():
        raise InvalidInputError(
            f"{named} has to have nothing but {', '.join(_EVENT_NAMES)}"
        )
    try:
        return ExampleEvent.model_validate(
            {_EVENT_NAMES[name]: value for name, value in said.items()}
        )
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        field = str(problem["loc"][0]) if problem["loc"] else ""
        told = str(problem.get("ctx", {}).get("error", ""))
        raise InvalidInputError(
            f"{named} {_EVENT_RULES[field]}"
            if field in _EVENT_RULES
            else f"{named}: {told}"
        ) from None
