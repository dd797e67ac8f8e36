"""What a person can paste, what a page reports, what was refused, and the secret."""

import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from leadpulse_app.domain.errors import ForbiddenError, NotFoundError
from leadpulse_app.domain.webhook import (
    SIGNATURE_HEADER,
    check_signature,
    parse_webhook_event,
)
from leadpulse_app.models import Role
from leadpulse_app.services.ingest.rejections import Rejection, Rejections
from leadpulse_app.state.integrations import (
    NO_ANSWER,
    NO_ARRIVAL,
    NOT_FOUND,
    SHOWN_REFUSALS,
    Answer,
    IntegrationsState,
)
from leadpulse_app.state.settings import SettingsState
from leadpulse_app.state.snippets import example_event, webhook_example
from tests.state.tab import Tab
from tests.tenants import Tenant, make_tenant


async def test_snippet_command_and_test_event_carry_the_projects_own_key() -> None:
    tenant = await make_tenant()
    state = await Tab(tenant.actor, "/integrations").open(IntegrationsState)
    assert state.key == tenant.write_key
    assert [source.name for source in state.sources] == [
        "Browser",
        "Segment",
        "RudderStack",
        "PostHog",
        "HTTP",
    ]
    for source in state.sources:
        assert any(tenant.write_key in code.code for code in source.codes)
    assert tenant.write_key in state.test_event
    assert tenant.write_key in state.webhook_example


async def test_another_key_of_the_project_is_chosen_and_no_other() -> None:
    tenant, other = await make_tenant(), await make_tenant()
    tab, state = await opened(tenant)
    await tab.call(state, "make_key", {"keyName": "Backend"})
    await tab.open(IntegrationsState)
    website, backend = state.keys
    await tab.call(state, "choose_key", backend.id)
    assert state.key == backend.key
    assert backend.key in state.sources[0].codes[0].code
    _, theirs = await opened(other)
    for strange in (theirs.key_id, "", None, 7, {}):
        await tab.call(state, "choose_key", strange)
    assert state.key == backend.key
    await tab.call(state, "revoke_key", backend.id)
    await tab.open(IntegrationsState)
    assert (state.key, [row.id for row in state.keys]) == (website.key, [website.id])


@pytest.mark.parametrize("form", [None, {}, {"keyName": 7}, {"keyName": " "}, "x"])
async def test_a_key_without_a_name_is_not_made(form: object) -> None:
    tab, state = await opened(await make_tenant())
    await tab.call(state, "make_key", form)
    await tab.open(IntegrationsState)
    assert len(state.keys) == 1
    await tab.call(state, "make_key", {"keyName": ""})
    assert state.key_problem


@pytest.mark.parametrize("key_id", [None, 7, "", "x", []])
async def test_only_a_key_of_ones_own_project_is_revoked(key_id: object) -> None:
    tab, state = await opened(await make_tenant())
    _, theirs = await opened(await make_tenant())
    for wrong in (key_id, theirs.key_id):
        with pytest.raises(NotFoundError):
            await tab.call(state, "revoke_key", wrong)


async def test_the_event_that_arrived_last_is_told_with_what_it_gave() -> None:
    tenant, other = await make_tenant(), await make_tenant()
    await other.add_event(await other.add_lead())
    tab, state = await opened(tenant)
    assert state.latest == NO_ARRIVAL
    lead_id = await tenant.add_lead(anonymous_id="anon_" + "7" * 40)
    event = await tenant.add_event(lead_id)
    await tab.open(IntegrationsState)
    assert (state.latest.type, state.latest.outcome) == ("page_view", "being scored")
    assert state.latest.lead == "anon_" + "7" * 19 + "…"
    await tenant.add_entry(event, sequence=1, delta=5, rule_id=None)
    await tab.open(IntegrationsState)
    assert state.latest.outcome == "scored +5"


def test_the_test_event_is_one_that_ingest_takes() -> None:
    event = json.loads(example_event("pk_1"))
    assert {"apiKey", "event", "anonymousId"} <= event.keys()


async def test_a_test_event_leads_to_its_lead_once_it_has_arrived() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(anonymous_id="anon_1")
    event = await tenant.add_event(lead_id)
    tab = Tab(tenant.actor, "/integrations")
    state = tab.state(IntegrationsState)
    await tab.call(state, "begin")
    await tab.call(state, "receive", {"status": 202, "messageId": event.message_id})
    await tab.open(IntegrationsState)
    assert state.found.href == f"/leads/{lead_id}"
    await tenant.add_entry(event, sequence=1, delta=5, rule_id=None)
    await tab.open(IntegrationsState)
    assert state.found.delta == "+5"
    await tab.call(state, "receive", {"status": 202, "messageId": "another"})
    await tab.open(IntegrationsState)
    assert state.found == NOT_FOUND


async def test_a_page_that_is_loaded_anew_waits_for_no_answer() -> None:
    tab, state = await opened(await make_tenant())
    await tab.call(state, "begin")
    await tab.reconnect()
    await tab.open(IntegrationsState)
    assert state.sending
    await tab.reload()
    await tab.open(IntegrationsState)
    assert not state.sending


@pytest.mark.parametrize("message_id", ["\0", "\ud800", "\N{GRINNING FACE}" * 300])
async def test_a_reported_id_that_no_event_can_have_finds_none(message_id: str) -> None:
    tab, state = await opened(await make_tenant())
    await tab.call(state, "receive", {"status": 202, "messageId": message_id})
    await tab.open(IntegrationsState)
    assert state.found == NOT_FOUND


async def test_a_test_event_does_not_take_a_new_secret_away() -> None:
    tab, state = await opened(await make_tenant())
    await tab.call(state, "make_secret")
    secret = state.new_secret
    following = await tab.call(state, "receive", {"status": 202, "messageId": "m"})
    assert following is None, "the page is opened again, which forgets the secret"
    assert state.new_secret == secret


@pytest.mark.parametrize("reported", [None, "202", 7, ["status"], {}])
async def test_a_report_that_is_none_shows_no_answer(reported: object) -> None:
    tab = Tab((await make_tenant()).actor)
    state = tab.state(IntegrationsState)
    await tab.call(state, "receive", reported)
    assert state.answer == NO_ANSWER


async def test_values_of_a_report_that_are_not_as_expected_are_left_out() -> None:
    tab = Tab((await make_tenant()).actor)
    state = tab.state(IntegrationsState)
    reported = {"status": "202", "milliseconds": -1, "body": "x" * 9_000, "failed": 1}
    await tab.call(state, "receive", reported)
    assert state.answer == Answer(body="x" * 2_000)


async def opened(tenant: Tenant) -> tuple[Tab, IntegrationsState]:
    tab = Tab(tenant.actor, "/integrations")
    return tab, await tab.open(IntegrationsState)


async def refuse(tenant: Tenant, *rejections: Rejection) -> None:
    recorder = Rejections()
    await recorder.record(tenant.actor.project_id, rejections)
    await recorder.stop()


async def test_what_was_refused_shows_with_its_reason_in_words() -> None:
    tenant = await make_tenant()
    await refuse(
        tenant,
        *[Rejection("too_large", "The event is over 32 KB", None, b"{") for _ in "ab"],
        Rejection("invalid_event", "event is required", "a b", b'{"event": "a b"}'),
    )
    _, state = await opened(tenant)
    assert [(row.reason, row.events) for row in state.reasons] == [
        ("Too large", "2"),
        ("Invalid event", "1"),
    ]
    shown = {row.reason: row for row in state.refusals}
    assert shown["Invalid event"].payload == '{"event": "a b"}'
    assert shown["Invalid event"].event_type == "a b"
    assert shown["Too large"].event_type == "-"


async def test_no_more_refusals_are_sent_to_a_page_than_it_lists() -> None:
    tenant = await make_tenant()
    await refuse(tenant, *[Rejection("invalid_event", "No", None, b"{}")] * 50)
    _, state = await opened(tenant)
    assert (len(state.refusals), state.reasons[0].events) == (SHOWN_REFUSALS, "50")


async def test_another_projects_refusals_are_not_shown() -> None:
    await refuse(await make_tenant(), Rejection("invalid_event", "No", None, b"{}"))
    _, state = await opened(await make_tenant())
    assert (state.reasons, state.refusals) == ([], [])


async def test_a_secret_is_shown_when_it_is_made_and_never_again() -> None:
    tab, state = await opened(await make_tenant())
    assert not state.requires_signature
    await tab.call(state, "make_secret")
    secret = state.new_secret
    assert (len(secret), state.requires_signature) == (64, True)
    assert SIGNATURE_HEADER in state.webhook_example
    assert secret not in state.webhook_example
    state._show(await state._read(tab.actor, datetime.now(UTC)))
    assert state.new_secret == secret, "a change elsewhere takes it away"
    await tab.reconnect()
    await tab.open(IntegrationsState)
    assert state.new_secret == secret, "a connection that broke off takes it away"
    tab.go("/settings")
    await tab.open(SettingsState)
    tab.go("/integrations")
    await tab.open(IntegrationsState)
    assert state.new_secret == ""
    await tab.call(state, "make_secret")
    assert state.new_secret not in ("", secret)


async def test_a_removed_secret_is_asked_for_no_longer() -> None:
    tab, state = await opened(await make_tenant())
    await tab.call(state, "make_secret")
    await tab.call(state, "remove_secret")
    assert (state.requires_signature, state.new_secret) == (False, "")
    assert SIGNATURE_HEADER not in state.webhook_example


async def test_a_member_who_is_no_admin_changes_no_secret_and_no_key() -> None:
    tenant = await make_tenant()
    tab = Tab(replace(tenant.actor, role=Role.MEMBER), "/integrations")
    state = await tab.open(IntegrationsState)
    assert not state.is_admin
    forbidden = (
        ("make_secret",),
        ("remove_secret",),
        ("make_key", {"keyName": "Mine"}),
        ("revoke_key", state.key_id),
    )
    for handler, *arguments in forbidden:
        with pytest.raises(ForbiddenError):
            await tab.call(state, handler, *arguments)
    assert (state.requires_signature, state.new_secret) == (False, "")


def test_the_example_webhook_is_signed_as_it_has_to_be() -> None:
    example = webhook_example("http://localhost:8000", "pk_1", is_signed=True)
    shown = "\n".join(
        line.replace("'…'", "'s3cret'") for line in example.splitlines()
    ).replace("curl", "printf '%s\\n'")
    printed = subprocess.run(
        ["/bin/sh", "-c", shown], capture_output=True, text=True, check=True
    ).stdout
    header = next(
        line for line in printed.splitlines() if line.startswith(SIGNATURE_HEADER)
    )
    body = printed.partition("-d\n")[2].removesuffix("\n")
    check_signature(body.encode(), "s3cret", header.partition(": ")[2])
    parse_webhook_event(
        json.loads(body), body=body.encode(), received_at=datetime.now(UTC)
    )
