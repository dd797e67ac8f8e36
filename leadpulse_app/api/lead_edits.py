"""What people change of leads: who they are, whose they are, and that they are gone."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import psycopg
from fastapi import APIRouter, status
from pydantic import AfterValidator, Field, JsonValue

from leadpulse_app.api.access import ActorDep, CallerDep, GroupCommitDep, SessionDep
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.api.leads import LeadBody
from leadpulse_app.database import run_scoped, transaction
from leadpulse_app.domain.annotation import MAXIMUM_TAG_LENGTH, MAXIMUM_TAGS_PER_LEAD
from leadpulse_app.domain.errors import InvalidInputError, UnavailableError
from leadpulse_app.domain.lead_fields import (
    read_email,
    read_further_traits,
    read_own_id,
    read_words,
)
from leadpulse_app.domain.properties import Json
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.erasure import erase_leads
from leadpulse_app.services.ingest import GroupCommit
from leadpulse_app.services.lead_editing import NewLead, create_lead, edit_lead
from leadpulse_app.services.leads import get_lead
from leadpulse_app.services.live import publish_changes
from leadpulse_app.services.ownership import assign_owner
from leadpulse_app.services.prompt_scoring import score_promptly
from leadpulse_app.services.tagging import add_tag, list_tags, remove_tag, set_tags

router = APIRouter(prefix="/api/leads", tags=["Leads"])

MAXIMUM_IN_BULK = 500

Tag = Annotated[
    str,
    Field(description=f"1 to {MAXIMUM_TAG_LENGTH} printable characters."),
]
Email = Annotated[str, AfterValidator(read_email), Field(examples=["ada@example.com"])]
Words = Annotated[
    str,
    AfterValidator(read_words),
    Field(description="1 to 255 printable characters."),
]
OwnId = Annotated[
    str, AfterValidator(read_own_id), Field(description="1 to 256 characters.")
]


def _read_traits(traits: dict[str, JsonValue]) -> Mapping[str, Json]:
    return read_further_traits(traits)


class NewLeadFields(Body):
    """A lead to be; it needs an email or an id."""

    email: Email | None = None
    anonymous_id: OwnId | None = None
    user_id: OwnId | None = None
    name: Words | None = None
    company: Words | None = None
    traits: Annotated[
        dict[str, JsonValue],
        AfterValidator(_read_traits),
        Field(description="What else is known; kept, and read by no rule."),
    ] = {}


class LeadChanges(Body):
    """What changes of a lead; what is left out stays as it is."""

    email: Annotated[Email | None, Field(description="Null empties it.")] = None
    name: Annotated[Words | None, Field(description="Null empties it.")] = None
    company: Annotated[Words | None, Field(description="Null empties it.")] = None
    owner_id: Annotated[
        UUID | None, Field(description="A member of the project; null for nobody.")
    ] = None
    tags: Annotated[
        tuple[Tag, ...],
        Field(max_length=MAXIMUM_TAGS_PER_LEAD, description="All of its tags."),
    ] = ()


class TagBody(Body):
    """A tag of a lead."""

    tag: Tag


class BulkAction(StrEnum):
    """What is done to each of some leads."""

    TAG = "tag"
    UNTAG = "untag"
    ASSIGN = "assign"
    DELETE = "delete"


class BulkBody(Body):
    """One change of many leads: of all of them, or of none."""

    ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=MAXIMUM_IN_BULK)]
    action: BulkAction
    tag: Annotated[Tag | None, Field(description="For `tag` and `untag`.")] = None
    owner_id: Annotated[
        UUID | None,
        Field(description="For `assign`: a member of the project; null for nobody."),
    ] = None


class ChangedBody(Body):
    """How many leads are others now."""

    changed: int


@router.post("", status_code=status.HTTP_201_CREATED)
async def make_lead(
    actor: CallerDep, body: NewLeadFields, group_commit: GroupCommitDep
) -> Success[LeadBody]:
    """Bring in a lead, which the rules for what a lead is look at.

    Where another lead has its email or one of its ids, it answers 409 with the `leadId`
    of that one among the details.
    """
    now = datetime.now(UTC)
    lead = NewLead(
        email=body.email,
        anonymous_id=body.anonymous_id,
        user_id=body.user_id,
        name=body.name,
        company=body.company,
        traits=body.traits,
    )
    async with transaction(actor.project_id) as session:
        lead_id = await create_lead(session, actor, lead, now=now)
    return await _scored(actor, lead_id, group_commit)


@router.get("/tags")
async def show_tags(session: SessionDep, actor: ActorDep) -> Success[tuple[str, ...]]:
    """List the tags that leads of the project have, 500 at most."""
    return Success(data=await list_tags(session, actor))


@router.post("/bulk")
async def change_leads(actor: CallerDep, body: BulkBody) -> Success[ChangedBody]:
    """Tag, untag, assign or delete up to 500 leads; only admins delete."""
    async with transaction(actor.project_id) as session:
        match body.action:
            case BulkAction.TAG:
                changed = await add_tag(session, actor, body.ids, _tag_of(body))
            case BulkAction.UNTAG:
                changed = await remove_tag(session, actor, body.ids, _tag_of(body))
            case BulkAction.ASSIGN:
                changed = await assign_owner(session, actor, body.ids, _owner_of(body))
            case BulkAction.DELETE:
                changed = await erase_leads(session, actor, body.ids)
    await asyncio.to_thread(publish_changes, [actor.project_id])
    return Success(data=ChangedBody(changed=changed))


@router.patch("/{lead_id}")
async def change_lead(
    actor: CallerDep, lead_id: UUID, body: LeadChanges, group_commit: GroupCommitDep
) -> Success[LeadBody]:
    """Change what a lead is known as, whose it is, or its tags: all of it or nothing.

    Where another lead has the email, it answers 409 with the `leadId` of that one among
    the details.
    """
    given = body.model_fields_set
    fields = body.model_dump(include=given & {"email", "name", "company"})
    async with transaction(actor.project_id) as session:
        is_new = await edit_lead(session, actor, lead_id, fields, now=datetime.now(UTC))
        if "owner_id" in given:
            await assign_owner(session, actor, [lead_id], body.owner_id)
        if "tags" in given:
            await set_tags(session, actor, lead_id, body.tags)
    if is_new:
        return await _scored(actor, lead_id, group_commit)
    return await _told(actor, lead_id)


@router.delete("/{lead_id}")
async def delete_lead(actor: CallerDep, lead_id: UUID) -> Success[None]:
    """Erase a lead with all that is known of it, for good; admins may."""
    async with transaction(actor.project_id) as session:
        await erase_leads(session, actor, [lead_id])
    await asyncio.to_thread(publish_changes, [actor.project_id])
    return Success(data=None)


@router.post("/{lead_id}/tags")
async def tag_lead(
    actor: CallerDep, lead_id: UUID, body: TagBody
) -> Success[ChangedBody]:
    """Give a lead a tag; it is kept in lower case."""
    async with transaction(actor.project_id) as session:
        changed = await add_tag(session, actor, [lead_id], body.tag)
    await asyncio.to_thread(publish_changes, [actor.project_id])
    return Success(data=ChangedBody(changed=changed))


@router.delete("/{lead_id}/tags/{tag:path}")
async def untag_lead(actor: CallerDep, lead_id: UUID, tag: str) -> Success[ChangedBody]:
    """Take a tag from a lead."""
    async with transaction(actor.project_id) as session:
        changed = await remove_tag(session, actor, [lead_id], tag)
    await asyncio.to_thread(publish_changes, [actor.project_id])
    return Success(data=ChangedBody(changed=changed))


async def _scored(
    actor: Actor, lead_id: UUID, group_commit: GroupCommit
) -> Success[LeadBody]:
    """Answer with a lead as it is with what was just said of it.

    Should scoring be held up, the answer shows it as before; the worker goes on.
    """
    with suppress(UnavailableError, psycopg.OperationalError):
        await run_scoped(
            actor.project_id,
            lambda connection: score_promptly(connection, actor.project_id, lead_id),
        )
    group_commit.wake_scorer()
    return await _told(actor, lead_id)


async def _told(actor: Actor, lead_id: UUID) -> Success[LeadBody]:
    """Wake the boards, and answer with a lead as it is now."""
    await asyncio.to_thread(publish_changes, [actor.project_id])
    async with transaction(actor.project_id) as session:
        lead = await get_lead(session, actor, lead_id, now=datetime.now(UTC))
    return Success(data=LeadBody.model_validate(lead))


def _tag_of(body: BulkBody) -> str:
    if body.tag is None:
        message = f"To {body.action}, name a tag"
        raise InvalidInputError(message, details={"tag": message})
    return body.tag


def _owner_of(body: BulkBody) -> UUID | None:
    if "owner_id" not in body.model_fields_set:
        message = f"To {body.action}, name an owner, or null for nobody"
        raise InvalidInputError(message, details={"ownerId": message})
    return body.owner_id
