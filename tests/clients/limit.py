"""A limit that a test reaches at once, and past which it need not wait a minute."""

import httpx
import redis

from leadpulse_app.runtime.ground import find_ground
from leadpulse_app.runtime.valkey import ValkeyEngine
from tests.product import Account, Product

EVENTS_A_MINUTE = 30
"""What a write key of the product gets: more than a client sends in a test."""


def use_up_the_limit(product: Product, account: Account, *, seconds: int) -> None:
    """Send as many events as are let in, and make the rest of their minute so short."""
    events = [
        {"event": "email_open", "anonymousId": "somebody"}
        for _ in range(EVENTS_A_MINUTE)
    ]
    answer = httpx.post(
        f"{product.url}/api/ingest/batch",
        json={"apiKey": account.write_key, "events": events},
        timeout=20,
    )
    assert answer.status_code == 202, answer.text
    assert answer.json()["accepted"] == EVENTS_A_MINUTE
    with redis.Redis.from_url(ValkeyEngine(find_ground(product.home)).url) as valkey:
        [window] = valkey.scan_iter(f"*{account.write_key}*")
        assert valkey.pexpire(window, seconds * 1000)
