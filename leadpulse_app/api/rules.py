"""The rules that a project scores by: each of them, and what they would do."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, status
from pydantic import (
    AfterValidator,
    AliasPath,
    BeforeValidator,
    Field,
    SkipValidation,
)
from pydantic.alias_generators import to_camel
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.api.access import ActorDep, SessionDep
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.domain.conditions import Fields, Operator
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.event import UNSTORABLE_RULE, occurrence_of, parse_time
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.properties import (
    find_unstorable_text,
    sanitise_properties,
)
from leadpulse_app.domain.rule_edits import (
    Edit,
    add_rule,
    change_rule,
    find_rule,
    remove_rule,
)
from leadpulse_app.domain.ruleset import (
    ANY_EVENT,
    EVENT_TYPE_RULE,
    Description,
    EventType,
    Period,
    Points,
    Rule,
    RuleContent,
    RuleKind,
    RuleName,
    rule_content,
)
from leadpulse_app.domain.simulation import Miss, simulate
from leadpulse_app.domain.stage import Stage
from leadpulse_app.domain.traits import MAXIMUM_TRAIT_LENGTH
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.rulesets import (
    Terms,
    active_ruleset,
    edit_draft,
    example_inputs,
    get_draft,
    publish_edit,
    read_lead_inputs,
    tried_ruleset,
)

_Known = Annotated[
    str | None,
    Field(max_length=MAXIMUM_TRAIT_LENGTH, pattern=r"^[^\x00]*$"),
]

router = APIRouter(prefix="/api/rules", tags=["Rules"])

DraftQuery = Annotated[
    bool, Query(description="Change the draft instead of what is in force.")
]


OverrideQuery = Annotated[
    bool,
    Query(
        alias="overrideTests",
        description="Put it in force though tests of the rules fail.",
    ),
]


class ConditionFields(Body):
    """One comparison."""

    field: Annotated[
        str,
        Field(
            description="`properties.` with a dotted path, or `lead.email`, "
            "`lead.name`, `lead.company`.",
            examples=["properties.plan"],
        ),
    ]
    operator: Operator
    value: Annotated[
        Any,
        Field(description="A text, number or truth; of `in` a list of them."),
    ] = None


class ConditionGroupFields(Body):
    """Conditions that have to hold."""

    match: Literal["all", "any"] = "all"
    conditions: "tuple[ConditionGroupFields | ConditionFields, ...]" = ()


class CapFields(Body):
    """How often, or how many points, a rule gives one lead within a period."""

    times: int | None = None
    points: int | None = None
    per: Period


class RuleFields(Body):
    """What a rule says."""

    name: RuleName
    description: Description = ""
    kind: RuleKind = RuleKind.BEHAVIOUR
    event_type: Annotated[
        str | None,
        Field(
            description="Of a rule for events: the type, or `*` for all of them.",
            examples=["page_view"],
        ),
    ] = None
    points: Points
    active: bool = True
    conditions: Annotated[
        ConditionGroupFields | list[ConditionGroupFields | ConditionFields] | None,
        Field(description="A list stands for a group of which all have to hold."),
        SkipValidation,
    ] = None
    cap: Annotated[CapFields | None, SkipValidation] = None
    expires_after_days: Annotated[int | None, SkipValidation] = None

    def content(self) -> RuleContent:
        """Return what the rule says, as the domain knows it.

        Raises:
            InvalidInputError: It can't be said; the details say so by field.
        """
        said = {name: getattr(self, name) for name in type(self).model_fields}
        try:
            return rule_content(said)
        except InvalidInputError as error:
            details = {
                to_camel(name): told for name, told in (error.details or {}).items()
            }
            raise InvalidInputError(error.message, details=details) from None


class RuleBody(Body):
    """Points for events, or for what a lead is."""

    id: Annotated[UUID, Field(description="Stays the same in every version.")]
    name: str
    description: str
    kind: RuleKind
    event_type: str | None
    points: int
    active: bool
    conditions: ConditionGroupFields
    cap: CapFields | None
    expires_after_days: int | None


class ThresholdsBody(Body):
    """The lowest scores of the stages above cold."""

    warm: int
    hot: int
    qualified: int


class GroupCapsBody(Body):
    """How many points a lead may have from each kind of rules; null for no limit."""

    behaviour: int | None = None
    fit: int | None = None


class RulesetBody(Body):
    """The rules in force, and the version they make up."""

    rules: tuple[RuleBody, ...]
    thresholds: Annotated[
        ThresholdsBody, Field(validation_alias=AliasPath("content", "thresholds"))
    ]
    group_caps: Annotated[
        GroupCapsBody, Field(validation_alias=AliasPath("content", "group_caps"))
    ]
    time_zone: Annotated[
        str, Field(description="In which its days and weeks begin, for caps.")
    ]
    version: int
    published_at: datetime


class WrittenRuleBody(RuleBody):
    """A rule after it was written."""

    version: Annotated[int, Field(description="The version in force by now.")]


class RemovedRuleBody(Body):
    """A rule that was removed."""

    id: UUID
    version: Annotated[int, Field(description="The version in force by now.")]


def _one_type(event_type: str) -> str:
    if event_type == ANY_EVENT:
        raise InvalidInputError(EVENT_TYPE_RULE)
    return event_type


def _storable(properties: dict[str, Any]) -> dict[str, Any]:
    if find_unstorable_text(properties) is not None:
        raise InvalidInputError(f"properties {UNSTORABLE_RULE}")
    return properties


def _moment(value: object) -> datetime | None:
    try:
        return None if value is None else parse_time(str(value))
    except ValueError:
        raise InvalidInputError(
            "timestamp has to be an RFC 3339 time like 2026-01-31T09:30:00Z"
        ) from None


class TriedEventBody(Body):
    """An event as the ingest route takes it; its other fields don't matter."""

    event: Annotated[
        EventType, AfterValidator(_one_type), Field(examples=["page_view"])
    ]
    properties: Annotated[dict[str, Any], AfterValidator(_storable)] = {}
    timestamp: Annotated[
        datetime | None,
        BeforeValidator(_moment),
        Field(description="When it happened; now if it is left out or not past."),
    ] = None


class TriedLeadBody(Body):
    """What the person of the event is known as."""

    email: _Known = None
    name: _Known = None
    company: _Known = None


class SimulationBody(Body):
    """What to try the rules on: an event, or all that a lead did."""

    event: TriedEventBody | None = None
    lead: TriedLeadBody = TriedLeadBody()
    lead_id: UUID | None = None
    draft: Annotated[bool, Field(description="Try the draft, where there is one.")] = (
        False
    )


class UnmetBody(Body):
    """A condition that does not hold, and what was found."""

    field: Annotated[str, Field(validation_alias=AliasPath("condition", "field"))]
    operator: Annotated[
        Operator, Field(validation_alias=AliasPath("condition", "operator"))
    ]
    value: Annotated[Any, Field(validation_alias=AliasPath("condition", "value"))]
    found: Annotated[
        Any,
        Field(description="Null where there is nothing; a long one is cut to a text."),
    ]


class OutcomeBody(Body):
    """What one rule would do."""

    rule: RuleBody
    fires: Annotated[bool, Field(description="Whether it gives points that count.")]
    times: Annotated[int, Field(description="How often it gives points.")]
    points: Annotated[
        int, Field(description="What it gives, but for what has lapsed by now.")
    ]
    reason: Annotated[
        Miss | None,
        Field(validation_alias="miss", description="Why it gives nothing, or no more."),
    ]
    unmet: Annotated[
        UnmetBody | None, Field(description="The first condition that does not hold.")
    ]


class SimulatedBody(Body):
    """What the rules would do."""

    events: int
    points: Annotated[int, Field(description="What the rules give together.")]
    score: Annotated[int, Field(description="What a lead that did this would have.")]
    stage: Stage
    rules: Annotated[tuple[OutcomeBody, ...], Field(validation_alias="outcomes")]


@router.get("")
async def show_rules(session: SessionDep, actor: ActorDep) -> Success[RulesetBody]:
    """List the rules that the next event is scored by."""
    return Success(
        data=RulesetBody.model_validate(await active_ruleset(session, actor))
    )


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_rule(
    session: SessionDep,
    actor: ActorDep,
    body: RuleFields,
    draft: DraftQuery = False,
    override: OverrideQuery = False,
) -> Success[WrittenRuleBody]:
    """Add a rule. It is in force at once as a new version, or in the draft."""
    rule = Rule(id=uuid7(datetime.now(UTC)), **body.content().model_dump())
    version = await _edit(
        session, actor, add_rule(rule), draft=draft, override=override
    )
    return Success(data=_written(rule, version))


@router.post("/simulate")
async def simulate_rules(
    session: SessionDep, actor: ActorDep, body: SimulationBody
) -> Success[SimulatedBody]:
    """Tell which rules would fire, and why the others would not. Nothing changes."""
    now = datetime.now(UTC)
    active = await active_ruleset(session, actor)
    content = active.content
    if body.draft and (draft := await get_draft(session, actor)):
        content = draft.content
    ruleset = tried_ruleset(actor, active, content)
    if body.event is not None and body.lead_id is None:
        lead = body.lead
        inputs = example_inputs(
            ruleset,
            body.event.event,
            sanitise_properties(body.event.properties),
            Fields(lead.email, lead.name, lead.company),
            now=occurrence_of(
                timestamp=body.event.timestamp, sent_at=None, received_at=now
            ),
        )
    elif body.lead_id is not None and body.event is None:
        inputs = await read_lead_inputs(session, actor, body.lead_id, ruleset)
    else:
        message = "Send either an event or a leadId"
        raise InvalidInputError(message, details={"event": message})
    # Thousands of events by hundreds of rules keep others waiting.
    simulation = await asyncio.to_thread(simulate, ruleset, inputs, until=now)
    return Success(data=SimulatedBody.model_validate(simulation))


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
    override: OverrideQuery = False,
) -> Success[WrittenRuleBody]:
    """Let a rule say something else, in force at once as a new version."""
    content = body.content()
    edit = change_rule(rule_id, content)
    version = await _edit(session, actor, edit, draft=draft, override=override)
    return Success(data=_written(Rule(id=rule_id, **content.model_dump()), version))


@router.delete("/{rule_id}")
async def delete_rule(
    session: SessionDep,
    actor: ActorDep,
    rule_id: UUID,
    draft: DraftQuery = False,
    override: OverrideQuery = False,
) -> Success[RemovedRuleBody]:
    """Remove a rule, in force at once as a new version. Scores stay as they are."""
    edit = remove_rule(rule_id)
    version = await _edit(session, actor, edit, draft=draft, override=override)
    return Success(data=RemovedRuleBody(id=rule_id, version=version))


async def _edit(
    session: AsyncSession, actor: Actor, edit: Edit, *, draft: bool, override: bool
) -> int:
    """Make an edit where it belongs, and return the version in force by then."""
    now = datetime.now(UTC)
    if not draft:
        terms = Terms(overrides_tests=override)
        return await publish_edit(session, actor, edit, now=now, terms=terms)
    await edit_draft(session, actor, edit, now=now)
    return (await active_ruleset(session, actor)).version


def _written(rule: Rule, version: int) -> WrittenRuleBody:
    return WrittenRuleBody(**rule.model_dump(), version=version)
