"""The rules that a project scores by: each of them, and what they would do."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, status
from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.api.access import ActorDep, SessionDep
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.rule_edits import (
    Edit,
    add_rule,
    change_rule,
    find_rule,
    remove_rule,
)
from leadpulse_app.domain.ruleset import (
    Description,
    EventType,
    Points,
    Rule,
    RuleContent,
    RuleName,
)
from leadpulse_app.domain.simulation import Miss, simulate
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.rulesets import (
    active_ruleset,
    count_lead_events,
    edit_draft,
    get_draft,
    publish_edit,
)

router = APIRouter(prefix="/api/rules", tags=["Rules"])

DraftQuery = Annotated[
    bool, Query(description="Change the draft instead of what is in force.")
]


def _refused(what: str) -> WrapValidator:
    def validate(value: Any, accept: ValidatorFunctionWrapHandler) -> Any:
        try:
            return accept(value)
        except ValidationError:
            raise InvalidInputError(f"{what}; leave it out") from None

    return WrapValidator(validate)


class RuleFields(Body):
    """What a rule says."""

    name: RuleName
    description: Description = ""
    event_type: Annotated[EventType, Field(examples=["page_view"])]
    points: Points
    active: bool = True
    conditions: Annotated[
        list[Any] | None,
        Field(max_length=0, description="Always empty."),
        _refused("A rule has no conditions"),
    ] = None
    cap: Annotated[
        None, Field(description="Always null."), _refused("A rule has no cap")
    ] = None
    expires_after_days: Annotated[
        None,
        Field(description="Always null."),
        _refused("The points of a rule don't expire"),
    ] = None

    def content(self) -> RuleContent:
        """Return what the rule says, as the domain knows it."""
        return RuleContent(
            name=self.name,
            description=self.description,
            event_type=self.event_type,
            points=self.points,
            active=self.active,
        )


class RuleBody(Body):
    """Points for one type of event."""

    id: Annotated[UUID, Field(description="Stays the same in every version.")]
    name: str
    description: str
    event_type: str
    points: int
    active: bool
    conditions: list[Any] = []
    cap: None = None
    expires_after_days: None = None


class RulesetBody(Body):
    """The rules in force, and the version they make up."""

    rules: tuple[RuleBody, ...]
    version: int
    published_at: datetime


class WrittenRuleBody(RuleBody):
    """A rule after it was written."""

    version: Annotated[int, Field(description="The version in force by now.")]


class RemovedRuleBody(Body):
    """A rule that was removed."""

    id: UUID
    version: Annotated[int, Field(description="The version in force by now.")]


class TriedEventBody(Body):
    """An event as the ingest route takes it; its other fields don't matter."""

    event: Annotated[EventType, Field(examples=["page_view"])]


class SimulationBody(Body):
    """What to try the rules on: an event, or all that a lead did."""

    event: TriedEventBody | None = None
    lead_id: UUID | None = None
    draft: Annotated[bool, Field(description="Try the draft, where there is one.")] = (
        False
    )


class OutcomeBody(Body):
    """What one rule would do."""

    rule: RuleBody
    fires: bool
    times: Annotated[int, Field(description="How many of the events fire it.")]
    points: Annotated[int, Field(description="What it gives for all of them.")]
    reason: Annotated[
        Miss | None,
        Field(validation_alias="miss", description="Why it does not fire."),
    ]


class SimulatedBody(Body):
    """What the rules would do."""

    events: int
    points: Annotated[
        int, Field(description="The sum, before a score is kept in its bounds.")
    ]
    rules: tuple[OutcomeBody, ...]


@router.get("")
async def show_rules(session: SessionDep, actor: ActorDep) -> Success[RulesetBody]:
    """List the rules that the next event is scored by."""
    return Success(
        data=RulesetBody.model_validate(await active_ruleset(session, actor))
    )


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_rule(
    session: SessionDep, actor: ActorDep, body: RuleFields, draft: DraftQuery = False
) -> Success[WrittenRuleBody]:
    """Add a rule. It is in force at once as a new version, or in the draft."""
    rule = Rule(id=uuid7(datetime.now(UTC)), **body.content().model_dump())
    version = await _edit(session, actor, add_rule(rule), draft=draft)
    return Success(data=_written(rule, version))


@router.post("/simulate")
async def simulate_rules(
    session: SessionDep, actor: ActorDep, body: SimulationBody
) -> Success[SimulatedBody]:
    """Tell which rules would fire, and why the others would not. Nothing changes."""
    rules = (await active_ruleset(session, actor)).rules
    if body.draft and (draft := await get_draft(session, actor)):
        rules = draft.rules
    if body.event is not None and body.lead_id is None:
        events = {body.event.event: 1}
    elif body.lead_id is not None and body.event is None:
        events = dict(await count_lead_events(session, actor, body.lead_id))
    else:
        message = "Send either an event or a leadId"
        raise InvalidInputError(message, details={"event": message})
    outcomes = simulate(rules, events)
    return Success(
        data=SimulatedBody(
            events=sum(events.values()),
            points=sum(outcome.points for outcome in outcomes),
            rules=tuple(OutcomeBody.model_validate(outcome) for outcome in outcomes),
        )
    )


@router.get("/{rule_id}")
async def show_rule(
    session: SessionDep, actor: ActorDep, rule_id: UUID
) -> Success[RuleBody]:
    """Show one of the rules in force."""
    rules = (await active_ruleset(session, actor)).rules
    return Success(data=RuleBody.model_validate(find_rule(rules, rule_id)))


@router.put("/{rule_id}")
async def replace_rule(
    session: SessionDep,
    actor: ActorDep,
    rule_id: UUID,
    body: RuleFields,
    draft: DraftQuery = False,
) -> Success[WrittenRuleBody]:
    """Let a rule say something else, in force at once as a new version."""
    content = body.content()
    version = await _edit(session, actor, change_rule(rule_id, content), draft=draft)
    return Success(data=_written(Rule(id=rule_id, **content.model_dump()), version))


@router.delete("/{rule_id}")
async def delete_rule(
    session: SessionDep, actor: ActorDep, rule_id: UUID, draft: DraftQuery = False
) -> Success[RemovedRuleBody]:
    """Remove a rule, in force at once as a new version. Scores stay as they are."""
    version = await _edit(session, actor, remove_rule(rule_id), draft=draft)
    return Success(data=RemovedRuleBody(id=rule_id, version=version))


async def _edit(session: AsyncSession, actor: Actor, edit: Edit, *, draft: bool) -> int:
    """Make an edit where it belongs, and return the version in force by then."""
    now = datetime.now(UTC)
    if not draft:
        return await publish_edit(session, actor, edit, now=now)
    await edit_draft(session, actor, edit, now=now)
    return (await active_ruleset(session, actor)).version


def _written(rule: Rule, version: int) -> WrittenRuleBody:
    return WrittenRuleBody(**rule.model_dump(), version=version)
