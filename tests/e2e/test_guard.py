"""Whatever a client sends over the websocket, it gets nothing it may not see."""

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page
from reflex_base.registry import RegistrationContext

import leadpulse_app.dashboard  # noqa: F401  (registers every handler)
from leadpulse_app.state.guard import PUBLIC_EVENTS
from tests.browser import sign_in
from tests.product import Account, Product, post_event

pytestmark = pytest.mark.e2e

EVENTS = sorted(RegistrationContext.get().event_handlers)

TALK = """
async ({events, payload, quiet}) => {
  const url = new URL('/_event/', location.href.replace(/^http/, 'ws'));
  url.search = new URLSearchParams(
    {EIO: 4, transport: 'websocket', token: crypto.randomUUID()});
  const socket = new WebSocket(url);
  const heard = [];
  const router = {pathname: '/leads', asPath: '/leads', query: {}};
  await new Promise((resolve) => {
    let waiting;
    const settle = () => {
      clearTimeout(waiting);
      waiting = setTimeout(resolve, quiet);
    };
    socket.onmessage = ({data}) => {
      if (data === '2') return socket.send('3');
      if (data.startsWith('0')) return socket.send('40/_event,');
      if (data.startsWith('40/_event,')) {
        for (const name of events) {
          socket.send('42/_event,' + JSON.stringify(
            ['event', {name, payload, router_data: router, token: ''}]));
        }
      }
      heard.push(data);
      settle();
    };
    socket.onclose = resolve;
    settle();
  });
  socket.close();
  return heard;
}
"""


def talk(page: Page, events: list[str], payload: dict[str, Any]) -> str:
    """Return everything the server says to these events on a socket of their own."""
    return "\n".join(
        page.evaluate(TALK, {"events": events, "payload": payload, "quiet": 1_500})
    )


def test_there_are_handlers_to_guard_and_few_are_public() -> None:
    assert len(EVENTS) > 10
    assert set(EVENTS) >= PUBLIC_EVENTS
    assert len(PUBLIC_EVENTS) == 4


def test_no_handler_runs_for_somebody_who_is_not_signed_in(
    product: Product, account: Account, page: Page
) -> None:
    with httpx.Client() as client:
        secret = {"event": "signup", "anonymousId": "secret-visitor"}
        post_event(client, product, {**secret, "apiKey": account.write_key})
    product.wait_until_scored()
    page.goto(f"{product.url}/login")
    guarded = [name for name in EVENTS if name not in PUBLIC_EVENTS]
    heard = talk(page, guarded, {})
    assert heard.count("/login") >= len(guarded)
    assert "secret-visitor" not in heard
    assert account.write_key not in heard
    heard = talk(page, sorted(PUBLIC_EVENTS), {})
    assert "secret-visitor" not in heard
    assert account.write_key not in heard


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"query": None, "answer": None, "rule_id": None, "points": None},
        {"query": {"a": [1, "\u0000"]}, "answer": [1], "rule_id": {}, "points": {}},
        {"query": 10**30, "rule_id": "x", "points": "9" * 400, "answer": "x"},
    ],
    ids=["nothing", "null", "nested", "form"],
)
def test_a_signed_in_client_that_sends_nonsense_harms_nobody(
    product: Product, account: Account, page: Page, payload: dict[str, Any]
) -> None:
    sign_in(page, product, account)
    heard = talk(page, EVENTS, payload)
    assert "Traceback" not in heard
    assert not re.search(r"\bFile \\?\"", heard)
    page.goto(f"{product.url}/leads")
    page.get_by_text("No leads yet").wait_for()


def test_another_sites_odd_cookie_locks_nobody_out(
    product: Product, account: Account, page: Page
) -> None:
    odd = {"name": "a_prefs", "value": '{"a":1}', "url": product.url}
    page.context.add_cookies([odd])
    sign_in(page, product, account)
    page.goto(f"{product.url}/leads")
    page.get_by_text("No leads yet").wait_for()


def test_a_tab_keeps_nothing_of_the_session_before(
    product: Product, account: Account, page: Page
) -> None:
    with httpx.Client() as client:
        event = {"event": "signup", "anonymousId": "first-persons-visitor"}
        post_event(client, product, {**event, "apiKey": account.write_key})
    product.wait_until_scored()
    sign_in(page, product, account)
    page.goto(f"{product.url}/leads")
    page.get_by_role("cell").get_by_text("first-persons-visitor").wait_for()

    frames: list[str] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda f: frames.append(str(f))),
    )
    page.context.clear_cookies()
    other = product.register("Other")
    sign_in(page, product, other)
    page.goto(f"{product.url}/leads")
    page.get_by_text("No leads yet").wait_for()
    assert not [frame for frame in frames if "first-persons-visitor" in frame]
