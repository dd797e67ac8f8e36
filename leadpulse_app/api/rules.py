"""The rules that a project scores by."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter

from leadpulse_app.api.access import ActorDep, SessionDep
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.services.rules import active_ruleset

router = APIRouter(prefix="/api/rules", tags=["Rules"])


class RuleBody(Body):
    """Points for one type of event."""

    id: UUID
    name: str
    description: str
    event_type: str
    points: int
    active: bool


class RulesetBody(Body):
    """The rules in force, and the version they make up."""

    rules: tuple[RuleBody, ...]
    version: int
    published_at: datetime


@router.get("")
async def show_rules(session: SessionDep, actor: ActorDep) -> Success[RulesetBody]:
    """List the rules that the next event is scored by."""
    return Success(
        data=RulesetBody.model_validate(await active_ruleset(session, actor))
    )
