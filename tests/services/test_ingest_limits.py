"""Senders over their limit are told when to come back, and are then let in."""

import asyncio
import os
import secrets
import signal
from collections.abc import AsyncIterator, Iterator

import pytest
from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond

from leadpulse_app.domain.errors import TooManyRequestsError
from leadpulse_app.runtime.postgres import PostgresEngine
from leadpulse_app.runtime.valkey import ValkeyEngine
from leadpulse_app.services.ingest import limits
from leadpulse_app.services.ingest.limits import IngestLimits
from leadpulse_app.settings import Settings

MINUTE = RateLimitItemPerMinute
SECOND = RateLimitItemPerSecond


@pytest.fixture
async def make_limits() -> AsyncIterator["LimitsMaker"]:
    maker = LimitsMaker()
    yield maker
    for each in maker.made:
        await each.stop()


class LimitsMaker:
    """Each call stands for a process."""

    def __init__(self) -> None:
        self.made: list[IngestLimits] = []

    def __call__(
        self,
        per_key: RateLimitItem | None = None,
        per_address: RateLimitItem | None = None,
    ) -> IngestLimits:
        self.made.append(IngestLimits(per_key=per_key, per_address=per_address))
        return self.made[-1]


@pytest.fixture
def key() -> str:
    return secrets.token_hex(8)


@pytest.fixture
def redis_away(engines: tuple[PostgresEngine, ValkeyEngine]) -> Iterator[ValkeyEngine]:
    _, valkey = engines
    valkey.stop()
    yield valkey
    if valkey.answering_pid() is None:
        valkey.start()


async def is_let_in(
    ingest: IngestLimits, key: str, address: str | None = None, events: int = 1
) -> bool:
    return await refusal(ingest, key, address, events) is None


async def refusal(
    ingest: IngestLimits, key: str, address: str | None = None, events: int = 1
) -> TooManyRequestsError | None:
    try:
        await ingest.admit(key, address, events)
    except TooManyRequestsError as error:
        return error
    return None


async def count_let_in(times: int, *processes: IngestLimits, key: str) -> int:
    answers = await asyncio.gather(
        *(is_let_in(processes[n % len(processes)], key) for n in range(times))
    )
    return sum(answers)


async def test_a_key_gets_its_events_and_no_more(
    make_limits: LimitsMaker, key: str
) -> None:
    ingest = make_limits(per_key=MINUTE(10))
    assert [await is_let_in(ingest, key) for _ in range(12)] == 10 * [True] + 2 * [
        False
    ]


async def test_requests_that_come_together_share_what_is_left(
    make_limits: LimitsMaker, key: str
) -> None:
    assert await count_let_in(200, make_limits(per_key=MINUTE(70)), key=key) == 70


async def test_processes_let_in_together_what_one_of_them_would(
    make_limits: LimitsMaker, key: str
) -> None:
    processes = [make_limits(per_key=MINUTE(101)) for _ in range(3)]
    assert await count_let_in(400, *processes, key=key) == 101


async def test_a_batch_is_let_in_unless_the_bucket_is_full(
    make_limits: LimitsMaker, key: str
) -> None:
    ingest = make_limits(per_key=MINUTE(10))
    assert await is_let_in(ingest, key, events=9)
    assert await is_let_in(ingest, key, events=2_500)
    assert not await is_let_in(ingest, key)


async def test_keys_and_addresses_are_counted_apart(
    make_limits: LimitsMaker, key: str
) -> None:
    ingest = make_limits(per_key=MINUTE(5), per_address=MINUTE(3))
    assert await is_let_in(ingest, key, "192.0.2.1", events=3)
    assert not await is_let_in(ingest, key, "192.0.2.1")
    assert await is_let_in(ingest, key, "192.0.2.2", events=2)
    assert not await is_let_in(ingest, key, "192.0.2.3")
    assert await is_let_in(ingest, f"{key}-other")


async def test_what_an_address_sends_over_its_limit_is_not_counted_for_the_key(
    make_limits: LimitsMaker, key: str
) -> None:
    ingest = make_limits(per_key=MINUTE(20), per_address=MINUTE(3))
    address = f"192.0.2.{secrets.randbelow(256)}-{key}"
    flood = await asyncio.gather(*(is_let_in(ingest, key, address) for _ in range(50)))
    assert sum(flood) == 3
    assert await count_let_in(50, ingest, key=key) == 17


async def test_a_limit_of_none_counts_nothing(
    make_limits: LimitsMaker, key: str, redis_away: ValkeyEngine
) -> None:
    ingest = make_limits()
    assert await count_let_in(10_000, ingest, key=key) == 10_000


async def test_the_refusal_says_what_is_allowed_and_when_to_come_back(
    make_limits: LimitsMaker, key: str
) -> None:
    ingest = make_limits(per_key=MINUTE(1))
    await ingest.admit(key, None, 1)
    for _ in range(2):  # as Redis answers it, and as it is remembered
        error = await refusal(ingest, key)
        assert error is not None
        assert (error.status, error.code) == (429, "too_many_requests")
        assert error.retry_after == 60
        assert "1 are let in per minute" in error.message


@pytest.mark.parametrize("redis_is_away", [False, True])
async def test_after_the_time_it_was_told_a_sender_is_let_in(
    make_limits: LimitsMaker,
    key: str,
    redis_is_away: bool,
    request: pytest.FixtureRequest,
) -> None:
    if redis_is_away:
        request.getfixturevalue("redis_away")
    processes = [make_limits(per_key=SECOND(1)) for _ in range(2)]
    for _ in range(2):
        await processes[0].admit(key, None, 1)
        error = await refusal(processes[0], key)
        assert error is not None
        assert error.retry_after == 1
        await asyncio.sleep(error.retry_after)  # as the sender does


async def test_without_redis_each_process_counts_by_itself(
    make_limits: LimitsMaker,
    key: str,
    redis_away: ValkeyEngine,
    caplog: pytest.LogCaptureFixture,
) -> None:
    processes = [make_limits(per_key=MINUTE(30)) for _ in range(2)]
    assert await count_let_in(200, *processes, key=key) == 60
    assert len(caplog.records) == 2, "an outage is told once by each process"


async def test_processes_count_together_again_once_redis_is_back(
    make_limits: LimitsMaker,
    key: str,
    redis_away: ValkeyEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "RETRY_SECONDS", 0.01)
    processes = [make_limits(per_key=MINUTE(30)) for _ in range(2)]
    assert await count_let_in(2, *processes, key=f"{key}-before") == 2
    returns = [process._shared._return for process in processes]
    redis_away.start()
    for is_back in returns:
        assert is_back is not None
        await asyncio.wait_for(is_back, timeout=10)
    assert await count_let_in(100, *processes, key=key) == 30


async def test_a_redis_that_hangs_holds_nobody_up_for_long(
    make_limits: LimitsMaker,
    key: str,
    engines: tuple[PostgresEngine, ValkeyEngine],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(limits, "RETRY_SECONDS", 0.01)
    ingest = make_limits(per_key=MINUTE(2))
    pid = engines[1].answering_pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(5):
            assert await count_let_in(50, ingest, key=key) == 2
        waiting = ingest._shared._return
        assert waiting is not None
        assert await is_let_in(ingest, f"{key}-meanwhile"), "it is asked no more"
        assert ingest._shared._return is waiting
    finally:
        os.kill(pid, signal.SIGCONT)
    await asyncio.wait_for(waiting, timeout=10)
    assert await count_let_in(50, ingest, make_limits(per_key=MINUTE(2)), key=key) <= 2


async def test_a_flood_of_addresses_is_forgotten_beyond_a_bound(
    make_limits: LimitsMaker,
    key: str,
    redis_away: ValkeyEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "MAX_WINDOWS", 100)
    ingest = make_limits(per_address=MINUTE(1))
    for n in range(1_000):
        assert await is_let_in(ingest, key, f"{key}-{n}")
        assert await is_let_in(ingest, key, f"{key}-{n}") is False
    assert len(ingest._own._windows) == len(ingest._full._windows) == 100


async def test_a_client_that_goes_away_leaves_the_others_their_answers(
    make_limits: LimitsMaker, key: str
) -> None:
    ingest = make_limits(per_key=MINUTE(10))
    asked = [asyncio.ensure_future(is_let_in(ingest, key)) for _ in range(5)]
    await asyncio.sleep(0)
    asked[0].cancel()
    assert await asyncio.gather(*asked[1:]) == [True] * 4


def test_zero_turns_a_limit_off(key: str) -> None:
    off = Settings(LEADPULSE_INGEST_RATE="0", LEADPULSE_INGEST_RATE_IP="0/minute")
    ingest = IngestLimits.from_settings(off)
    assert (ingest._per_key, ingest._per_address) == (None, None)
