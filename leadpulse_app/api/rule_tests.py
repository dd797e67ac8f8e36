"""What a ruleset is expected to make of leads and of events."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, status
from pydantic import AliasPath, Field, SkipValidation, ValidationError

from leadpulse_app.api.access import ActorDep, SessionDep
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.rule_edits import add_test, remove_test
from leadpulse_app.domain.rule_tests import RuleTest
from leadpulse_app.domain.stage import Stage
from leadpulse_app.services.rulesets import (
    active_ruleset,
    edit_draft,
    get_draft,
    run_rule_tests,
    tried_ruleset,
)

router = APIRouter(prefix="/api/rulesets/tests", tags=["Rules"])


class ExampleEventFields(Body):
    """An event that did not happen."""

    type: Annotated[str, Field(examples=["demo_request"])]
    properties: dict[str, Any] = {}
    days_ago: Annotated[
        float, Field(description="Days before the moment at which the test runs.")
    ] = 0


class RuleTestFields(Body):
    """What has to come out: of a lead, or of a list of events."""

    name: Annotated[str, SkipValidation]
    lead_id: UUID | None = None
    events: tuple[ExampleEventFields, ...] = ()
    email: Annotated[
        str | None,
        Field(description="What the person of the events is known as."),
        SkipValidation,
    ] = None
    full_name: Annotated[str | None, SkipValidation] = None
    company: Annotated[str | None, SkipValidation] = None
    expected_stage: Stage | None = None
    expected_score: Annotated[int | None, SkipValidation] = None

    def test(self, test_id: UUID) -> RuleTest:
        """Return the test, as the domain knows it.

        Raises:
            InvalidInputError: There can't be such a test; the details say why.
        """
        said = {name: getattr(self, name) for name in type(self).model_fields}
        events = [event.model_dump() for event in self.events]
        try:
            return RuleTest.model_validate(said | {"id": test_id, "events": events})
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            told = str(problem.get("ctx", {}).get("error", problem["msg"]))
            field = str(problem["loc"][0]) if problem["loc"] else "test"
            raise InvalidInputError(told, details={field: told}) from None


class TestResultBody(Body):
    """A test, and what comes out."""

    id: Annotated[UUID, Field(validation_alias=AliasPath("test", "id"))]
    name: Annotated[str, Field(validation_alias=AliasPath("test", "name"))]
    lead_id: Annotated[
        UUID | None, Field(validation_alias=AliasPath("test", "lead_id"))
    ]
    events: Annotated[
        tuple[ExampleEventFields, ...],
        Field(validation_alias=AliasPath("test", "events")),
    ]
    expected_stage: Annotated[
        Stage | None, Field(validation_alias=AliasPath("test", "expected_stage"))
    ]
    expected_score: Annotated[
        int | None, Field(validation_alias=AliasPath("test", "expected_score"))
    ]
    passed: bool
    score: Annotated[int | None, Field(description="Null where the lead is gone.")]
    stage: Stage | None


class AddedTestBody(Body):
    """A test that was added."""

    id: UUID


@router.get("")
async def show_tests(
    session: SessionDep, actor: ActorDep
) -> Success[tuple[TestResultBody, ...]]:
    """Run the tests of the draft, or of the version in force where there is none."""
    active = await active_ruleset(session, actor)
    draft = await get_draft(session, actor)
    ruleset = tried_ruleset(actor, active, draft.content if draft else active.content)
    results = await run_rule_tests(session, actor, ruleset, now=datetime.now(UTC))
    return Success(data=tuple(map(TestResultBody.model_validate, results)))


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_test(
    session: SessionDep, actor: ActorDep, body: RuleTestFields
) -> Success[AddedTestBody]:
    """Add a test to the draft; it is asked of every version from the next one on."""
    now = datetime.now(UTC)
    test = body.test(uuid7(now))
    await edit_draft(session, actor, add_test(test), now=now)
    return Success(data=AddedTestBody(id=test.id))


@router.delete("/{test_id}")
async def delete_test(
    session: SessionDep, actor: ActorDep, test_id: UUID
) -> Success[None]:
    """Take a test out of the draft."""
    await edit_draft(session, actor, remove_test(test_id), now=datetime.now(UTC))
    return Success(data=None)
