"""The versions of a project's rules, and the draft of the next one."""

from datetime import UTC, datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import AliasPath, Field

from leadpulse_app.api.access import ActorDep, SessionDep
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.api.rules import (
    CapFields,
    ConditionGroupFields,
    GroupCapsBody,
    RuleBody,
    RuleFields,
    RulesetBody,
    ThresholdsBody,
)
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.ruleset import MAXIMUM_RULES, GroupCaps, RuleContent
from leadpulse_app.domain.stage import Thresholds
from leadpulse_app.services.rescoring import get_rescore
from leadpulse_app.services.rulesets import (
    MAXIMUM_VERSIONS,
    Draft,
    Terms,
    active_ruleset,
    discard_draft,
    get_draft,
    get_version,
    list_versions,
    publish_draft,
    rebase_draft,
    replace_draft,
    roll_back,
)

router = APIRouter(prefix="/api/rulesets", tags=["Rules"])

VersionPath = Annotated[int, Path(ge=1, le=2**31 - 1)]


ValueBody: TypeAlias = bool | int | str | ConditionGroupFields | CapFields | None
"""What a field of a rule, or a limit, can be."""


class FieldChangeBody(Body):
    """A field of a rule that is another one now."""

    field: Annotated[str, Field(examples=["points", "thresholds.warm"])]
    before: ValueBody
    after: ValueBody


class ChangedRuleBody(Body):
    """A rule that says something else now."""

    id: Annotated[UUID, Field(validation_alias=AliasPath("before", "id"))]
    name: Annotated[
        str,
        Field(
            validation_alias=AliasPath("before", "name"),
            description="What it was called before.",
        ),
    ]
    fields: tuple[FieldChangeBody, ...]


class AddedRuleBody(Body):
    """A rule that is new."""

    rule: RuleBody
    position: Annotated[int, Field(description="Where it stands, from 0.")]


class ChangesBody(Body):
    """How a ruleset differs from the one before."""

    added: tuple[AddedRuleBody, ...]
    removed: tuple[RuleBody, ...]
    changed: tuple[ChangedRuleBody, ...]
    limits: Annotated[
        tuple[FieldChangeBody, ...],
        Field(description="Where stages begin, and what each kind of rules may give."),
    ]


class VersionBody(Body):
    """A published version."""

    version: int
    active: Annotated[bool, Field(description="Whether it is in force.")]
    time_zone: Annotated[
        str, Field(description="In which its days and weeks begin, for caps.")
    ]
    published_at: datetime
    published_by: Annotated[str | None, Field(validation_alias="published_by_name")]
    restored_version: Annotated[
        int | None, Field(description="The older version that it brought back.")
    ]
    changes: Annotated[
        ChangesBody, Field(description="How it differs from the version before.")
    ]


class WholeVersionBody(VersionBody):
    """A published version with its rules."""

    rules: tuple[RuleBody, ...]
    thresholds: Annotated[
        ThresholdsBody, Field(validation_alias=AliasPath("content", "thresholds"))
    ]
    group_caps: Annotated[
        GroupCapsBody, Field(validation_alias=AliasPath("content", "group_caps"))
    ]


class VersionPageBody(Body):
    """Versions, newest first."""

    versions: tuple[VersionBody, ...]
    next_cursor: str | None


class DraftBody(Body):
    """Rules that are not in force yet."""

    rules: tuple[RuleBody, ...]
    thresholds: Annotated[
        ThresholdsBody, Field(validation_alias=AliasPath("content", "thresholds"))
    ]
    group_caps: Annotated[
        GroupCapsBody, Field(validation_alias=AliasPath("content", "group_caps"))
    ]
    base_version: Annotated[int, Field(description="What it was begun on.")]
    active_version: int
    outdated: Annotated[
        bool,
        Field(
            validation_alias="is_outdated",
            description="Whether another version came into force since.",
        ),
    ]
    changes: Annotated[
        ChangesBody, Field(description="How it differs from its base version.")
    ]
    updated_at: datetime
    updated_by: Annotated[str, Field(validation_alias="updated_by_name")]


class DraftRuleFields(RuleFields):
    """A rule of a draft: one that is there already by its id, or a new one."""

    id: UUID | None = None


class ReplaceDraftBody(Body):
    """All the rules that a draft is to have."""

    rules: Annotated[
        tuple[DraftRuleFields, ...], Field(min_length=1, max_length=MAXIMUM_RULES)
    ]
    thresholds: Annotated[
        Thresholds | None, Field(description="Left as they are where this is absent.")
    ] = None
    group_caps: Annotated[
        GroupCaps | None, Field(description="Left as they are where this is absent.")
    ] = None

    def contents(self) -> list[tuple[UUID | None, RuleContent]]:
        """Return what the rules say, as the domain knows it, with their ids.

        Raises:
            InvalidInputError: One of them can't be said; the details say which, and
                why, by field.
        """
        said = []
        for number, rule in enumerate(self.rules, start=1):
            try:
                said.append((rule.id, rule.content()))
            except InvalidInputError as error:
                details = {
                    f"rules.{name}": f"Rule {number}: {told}"
                    for name, told in (error.details or {}).items()
                }
                message = f"Rule {number}: {error.message}"
                raise InvalidInputError(message, details=details) from None
        return said


class TermsBody(Body):
    """On what terms a version comes into force."""

    rescore: Annotated[
        bool,
        Field(description="Apply it to all that was scored before it, too."),
    ] = False
    override_tests: Annotated[
        bool, Field(description="Put it in force though its own tests fail.")
    ] = False

    def terms(self) -> Terms:
        """Return the terms, as the service knows them."""
        return Terms(rescores=self.rescore, overrides_tests=self.override_tests)


class PublishBody(TermsBody):
    """Which draft is meant, and on what terms."""

    updated_at: Annotated[
        datetime | None,
        Field(description="`updatedAt` of the draft; any if it is left out."),
    ] = None


class RescoreBody(Body):
    """How far a version has been applied to what was scored before it."""

    version: int
    leads: Annotated[int, Field(description="How many leads it has come past.")]
    all_leads: Annotated[int, Field(description="How many there were at first.")]
    failures: Annotated[
        int, Field(description="Leads that kept their scores: their rules are lost.")
    ]
    started_at: datetime
    finished_at: datetime | None


@router.get("")
async def show_versions(
    session: SessionDep,
    actor: ActorDep,
    limit: Annotated[int, Query(ge=1, le=MAXIMUM_VERSIONS)] = 20,
    cursor: Annotated[
        str | None,
        Query(max_length=500, description="`nextCursor` of the page before."),
    ] = None,
) -> Success[VersionPageBody]:
    """List the versions, newest first: who published each, when, and what changed."""
    page = await list_versions(session, actor, limit=limit, cursor=cursor)
    return Success(
        data=VersionPageBody(
            versions=tuple(map(VersionBody.model_validate, page.versions)),
            next_cursor=page.next_cursor,
        )
    )


@router.get("/draft")
async def show_draft(session: SessionDep, actor: ActorDep) -> Success[DraftBody | None]:
    """Show the draft that all people of the project share; null if there is none."""
    return Success(data=_draft(await get_draft(session, actor)))


@router.post("/draft")
async def write_draft(
    session: SessionDep, actor: ActorDep, body: ReplaceDraftBody
) -> Success[DraftBody | None]:
    """Make a draft of these rules on the version in force; null if nothing differs.

    Rules keep their order, and new ones come last. To change a single rule of the
    draft, write to `/api/rules` with `?draft=true`.
    """
    draft = await replace_draft(
        session,
        actor,
        body.contents(),
        thresholds=body.thresholds,
        group_caps=body.group_caps,
        now=datetime.now(UTC),
    )
    return Success(data=_draft(draft))


@router.delete("/draft")
async def drop_draft(session: SessionDep, actor: ActorDep) -> Success[None]:
    """Discard the draft. What is in force stays as it is."""
    await discard_draft(session, actor)
    return Success(data=None)


@router.post("/draft/rebase")
async def bring_draft_up_to_date(
    session: SessionDep, actor: ActorDep
) -> Success[DraftBody | None]:
    """Make the draft's changes to the version in force; null if they are in it.

    Of a rule that both changed, the fields that the draft changed are the draft's.
    """
    return Success(
        data=_draft(await rebase_draft(session, actor, now=datetime.now(UTC)))
    )


@router.post("/publish")
async def publish(
    session: SessionDep, actor: ActorDep, body: PublishBody | None = None
) -> Success[RulesetBody]:
    """Put the draft in force, for events that are scored from now on, or for all.

    Refused with 409 while the draft is outdated, where it was changed after
    `updatedAt`, and with the code `rule_tests_failed` where its tests fail.
    """
    body = body or PublishBody()
    await publish_draft(
        session,
        actor,
        now=datetime.now(UTC),
        seen_at=body.updated_at,
        terms=body.terms(),
    )
    return Success(
        data=RulesetBody.model_validate(await active_ruleset(session, actor))
    )


@router.get("/rescore")
async def show_rescore(
    session: SessionDep, actor: ActorDep
) -> Success[RescoreBody | None]:
    """Tell how far the newest rescore has come; null if there was none."""
    progress = await get_rescore(session, actor)
    return Success(data=progress and RescoreBody.model_validate(progress))


@router.get("/{version}")
async def show_version(
    session: SessionDep, actor: ActorDep, version: VersionPath
) -> Success[WholeVersionBody]:
    """Show one version with all its rules."""
    return Success(
        data=WholeVersionBody.model_validate(await get_version(session, actor, version))
    )


@router.post("/{version}/rollback")
async def roll_back_to(
    session: SessionDep,
    actor: ActorDep,
    version: VersionPath,
    body: TermsBody | None = None,
) -> Success[RulesetBody]:
    """Put an older version in force again, as a new version.

    Refused with 409 `rule_tests_failed` where the tests that it had fail by now.
    """
    terms = (body or TermsBody()).terms()
    await roll_back(session, actor, version, now=datetime.now(UTC), terms=terms)
    return Success(
        data=RulesetBody.model_validate(await active_ruleset(session, actor))
    )


def _draft(draft: Draft | None) -> DraftBody | None:
    return None if draft is None else DraftBody.model_validate(draft)
