"""Fills a project with sample data: the rules, then the events, then their scores."""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import psycopg

from leadpulse_app import database
from leadpulse_app.domain.demo import DEFAULT_PEOPLE, YEAR, make_plan
from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.schema import refresh_statistics
from leadpulse_app.services.accounts import find_user, hash_password, register
from leadpulse_app.services.actors import Actor, resolve_actor
from leadpulse_app.services.demo import (
    DEMO_SEED,
    Progress,
    Tell,
    begin_demo,
    hold_leads,
    let_leads_go,
    score_step,
    send_demo,
)
from leadpulse_app.services.ingest import GroupCommit
from leadpulse_app.services.live import publish_changes
from leadpulse_app.services.sessions import close_session, open_session

DEMO_EMAIL = "demo@leadpulse.example"

LOADED = ("lead", "lead_alias", "event", "quarantined_event", "pending_link")
"""The tables that a year comes into; planned for as if empty, scoring would read all of
it for each lead."""

SCORED = ("lead", "lead_token", "lead_merge", "score_entry")
"""The tables that scoring adds to, and then reads by lead likewise."""

EARLY_STEPS = (0, 3)
"""The steps after which these have grown by far."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Whose project is filled."""

    actor: Actor
    password: str | None
    """The one that was just made; unknown for an account that was there."""


async def open_demo_account(email: str | None, *, now: datetime) -> DemoAccount:
    """Return the account with this email, or the one that is there for sample data.

    That one is made where it is missing, as if its project were a year old.

    Raises:
        NotFoundError: Nobody has the email that was given.
    """
    password = None
    password_hash = await hash_password(made := secrets.token_urlsafe(12))
    async with database.transaction() as session:
        user = await find_user(session, email=DEMO_EMAIL if email is None else email)
        if user is not None:
            user_id = user.id
        elif email is None:
            account = await register(
                session,
                email=DEMO_EMAIL,
                password_hash=password_hash,
                name="Northwind",
                now=now - YEAR,
            )
            user_id, password = account.user_id, made
        else:
            raise NotFoundError(f"There is no account {email}")
        token = await open_session(session, user_id, now=now)
        actor = await resolve_actor(session, token)
        await close_session(session, actor.session_id, now=now)
    return DemoAccount(actor, password)


async def fill_with_sample_data(
    actor: Actor,
    *,
    now: datetime,
    tell: Tell,
    people: int = DEFAULT_PEOPLE,
    seed: int = DEMO_SEED,
) -> int:
    """Fill the actor's project with a made-up year; return how many events were new.

    Done again, it finishes what was interrupted and adds nothing else.

    Args:
        actor: An admin of the project.
        now: When the year ends.
        tell: Told of the progress, in whichever thread works.
        people: How many people come, 1..10,000.
        seed: Decides what they do.

    Raises:
        ForbiddenError: The actor is no admin.
        UnavailableError: Postgres is away.
    """
    async with database.transaction(actor.project_id) as session:
        now = await begin_demo(session, actor, now=now, seed=seed)
    zone = ZoneInfo(actor.time_zone)
    plan = await asyncio.to_thread(
        make_plan, seed=seed, now=now, people=people, zone=zone
    )
    group_commit = GroupCommit(enqueue_hint=lambda: None)
    group_commit.start()
    try:
        new = await send_demo(group_commit, actor, plan, tell)
    finally:
        await group_commit.stop()

    await asyncio.to_thread(refresh_statistics, *LOADED)
    await asyncio.to_thread(_score, actor, now, tell)
    await asyncio.to_thread(publish_changes, [actor.project_id])
    return new


def _score(actor: Actor, now: datetime, tell: Tell) -> None:
    scope = [actor.project_id]
    with psycopg.connect(database.connection_info()) as connection:
        with database.connection_scope(connection, scope):
            steps = hold_leads(connection, actor, now=now)
        try:
            for number, step in enumerate(steps):
                tell(Progress("Scoring", number, len(steps)))
                with database.connection_scope(connection, scope):
                    score_step(connection, actor, step)
                publish_changes(scope)
                if number in EARLY_STEPS:
                    refresh_statistics(*SCORED)
        finally:
            with database.connection_scope(connection, scope):
                let_leads_go(connection, actor)
    tell(Progress("Scoring", 1, 1))
