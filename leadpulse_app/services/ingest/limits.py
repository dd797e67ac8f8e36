"""How many events a write key, and an address that pages send from, gets in a minute.

The counts are in Redis, one for all processes, so that together they let in what one
alone would. While Redis is away each process counts by itself. A batch is let in
unless its bucket is full already, and may fill it past its brim.
"""

import asyncio
import logging
import math
from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

import redis
from limits import RateLimitItem, RateLimitItemPerMinute
from redis.commands.core import AsyncScript

from leadpulse_app.broker import RETRY_SECONDS, get_async_redis, is_redis_ready
from leadpulse_app.domain.errors import TooManyRequestsError
from leadpulse_app.settings import Settings

PATIENCE_SECONDS = 0.5
"""How long Redis may take to count before a process counts by itself."""

MAX_WINDOWS = 100_000
"""Windows that a process keeps, about 30 MB; beyond them the oldest are forgotten."""

_NAMESPACE = "leadpulse:ingest"

_COUNT = """
local windows = {}
for i, bucket in ipairs(KEYS) do
    local events = tonumber(ARGV[2 * i])
    local count = redis.call('INCRBY', bucket, events)
    if count == events then  -- a key expires after the millisecond it is given
        redis.call('PEXPIRE', bucket, ARGV[2 * i - 1] * 1000 - 1)
    end
    windows[i] = count - events .. ' ' .. redis.call('PTTL', bucket) + 1
end
return table.concat(windows, ' ')
"""
"""Counts as `limits` does in fixed windows, but in many buckets by one command. The
answer is one string: the client takes several times as long to read many numbers."""

_CLOCK_NOISE = 1e-6
"""Seconds that a sum of two times may be off by."""

logger = logging.getLogger(__name__)


class _Bucket(NamedTuple):
    """Where the events of one sender are counted."""

    name: str
    limit: RateLimitItem
    whose: str


class _Window(NamedTuple):
    """What a bucket holds, and when it is emptied by the event loop's clock."""

    held: int
    resets_at: float


class _Question:
    """Events that wait to be counted in each of their buckets."""

    __slots__ = ("answer", "buckets", "events")

    def __init__(self, buckets: list[_Bucket], events: int) -> None:
        self.buckets = buckets
        self.events = events
        self.answer: asyncio.Future[TooManyRequestsError | None] = (
            asyncio.get_running_loop().create_future()
        )

    def resolve(self, answer: TooManyRequestsError | None) -> None:
        if not self.answer.done():  # it is where the client went away
            self.answer.set_result(answer)


class IngestLimits:
    """The limits as one process asks about them. Belongs to one event loop.

    What comes while Redis counts is counted together afterwards, so that a busy
    process asks Redis seldom. A full bucket is remembered until it is emptied.
    """

    def __init__(
        self, *, per_key: RateLimitItem | None, per_address: RateLimitItem | None
    ) -> None:
        """Prepare; nothing is opened before it is needed.

        Args:
            per_key: What a write key gets, in events; None for as many as come.
            per_address: What an address gets, as above.
        """
        self._per_key = per_key
        self._per_address = per_address
        self._questions: list[_Question] = []
        self._answering: asyncio.Task[None] | None = None
        self._full = _Windows()
        self._shared = _SharedWindows()
        self._own = _Windows()

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the limits as they are configured."""
        return cls(
            per_key=_per_minute(settings.ingest_rate),
            per_address=_per_minute(settings.ingest_rate_per_address),
        )

    async def admit(self, project_key: str, address: str | None, events: int) -> None:
        """Return once the events are counted and may come in.

        Args:
            project_key: The write key that they came with.
            address: Where a page sent them from, as `TrustedProxies.sender_of` says;
                None where it was no page.
            events: How many they are.

        Raises:
            TooManyRequestsError: The key or the address is over its limit, and is no
                longer after `retry_after` seconds.
        """
        # The key comes last, so that it doesn't pay for an address over its limit.
        buckets = []
        if self._per_address is not None and address is not None:
            name = self._per_address.key_for("address", address)
            buckets.append(_Bucket(name, self._per_address, "this address"))
        if self._per_key is not None:
            name = self._per_key.key_for("key", project_key)
            buckets.append(_Bucket(name, self._per_key, "this write key"))
        if not buckets:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        for bucket in buckets:
            if (full := self._full.get(bucket.name, now)) is not None:
                raise _refusal(bucket, full, now)
        question = _Question(buckets, events)
        self._questions.append(question)
        if self._answering is None:
            self._answering = loop.create_task(self._answer_questions())
        answer = await question.answer
        if answer is not None:
            raise answer

    async def stop(self) -> None:
        """Finish what is under way."""
        if self._answering is not None:
            await self._answering
        await self._shared.stop()

    async def _answer_questions(self) -> None:
        try:
            while self._questions:
                questions, self._questions = self._questions, []
                try:
                    await self._answer(questions)
                except Exception:  # a defect, for which no event is refused
                    logger.exception("%d requests were not counted", len(questions))
                finally:
                    for question in questions:
                        question.resolve(None)
        finally:
            self._answering = None

    async def _answer(self, questions: Sequence[_Question]) -> None:
        """Count each question in its buckets, one after the other."""
        while questions:
            asked: defaultdict[_Bucket, int] = defaultdict(int)
            for question in questions:
                asked[question.buckets[0]] += question.events
            windows = await self._shared.count(asked) or self._count_here(asked)
            now = asyncio.get_running_loop().time()
            let_on = []
            for question in questions:
                bucket = question.buckets.pop(0)
                window = windows[bucket]
                if window.held >= bucket.limit.amount:
                    self._full.keep(bucket.name, window, now)
                    question.resolve(_refusal(bucket, window, now))
                    continue
                windows[bucket] = window._replace(held=window.held + question.events)
                if question.buckets:
                    let_on.append(question)
                else:
                    question.resolve(None)
            questions = let_on

    def _count_here(self, asked: Mapping[_Bucket, int]) -> dict[_Bucket, _Window]:
        now = asyncio.get_running_loop().time()
        windows = {}
        for bucket, events in asked.items():
            window = self._own.get(bucket.name, now) or _Window(
                0, now + bucket.limit.get_expiry()
            )
            windows[bucket] = window
            after = window._replace(held=window.held + events)
            self._own.keep(bucket.name, after, now)
        return windows


class _SharedWindows:
    """The windows in Redis, which is left alone while it is away."""

    def __init__(self) -> None:
        self._count: AsyncScript | None = None
        self._return: asyncio.Task[None] | None = None

    async def count(self, asked: Mapping[_Bucket, int]) -> dict[_Bucket, _Window]:
        """Count events; return what the buckets held before, or nothing if it can't."""
        if self._return is not None:
            return {}
        parts: list[int] = []
        for bucket, events in asked.items():
            parts += (bucket.limit.get_expiry(), events)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                if self._count is None:
                    client = get_async_redis().client()  # cheaper than the pool's
                    self._count = client.register_script(_COUNT)
                answer = await self._count([bucket.name for bucket in asked], parts)
        except (redis.RedisError, TimeoutError) as error:
            logger.warning("Redis is away, and limits hold for each process: %r", error)
            self._return = asyncio.create_task(self._wait_until_back())
            return {}
        now = asyncio.get_running_loop().time()
        numbers = list(map(int, answer.split()))
        return {
            bucket: _Window(held, now + left / 1000)
            for bucket, held, left in zip(
                asked, numbers[::2], numbers[1::2], strict=True
            )
        }

    async def stop(self) -> None:
        """Wait for Redis no longer, and let go of it."""
        if self._return is not None:
            self._return.cancel()
            await asyncio.gather(self._return, return_exceptions=True)
        if self._count is not None:
            await self._count.registered_client.aclose()

    async def _wait_until_back(self) -> None:
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    is_back = await is_redis_ready()
            except TimeoutError:
                continue
            if is_back:
                logger.warning("Redis is back, and limits hold for all processes")
                self._return = None
                return


class _Windows:
    """Windows by the name of their bucket, a bounded number of them.

    The in-process storage of `limits` is not: it looks at every window it keeps
    whenever one is counted in, which a flood of addresses makes expensive.
    """

    def __init__(self) -> None:
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def get(self, name: str, now: float) -> _Window | None:
        """Return a window that is not over yet."""
        window = self._windows.get(name)
        return window if window is not None and now < window.resets_at else None

    def keep(self, name: str, window: _Window, now: float) -> None:
        """Keep a window, and forget those that began first: over or too many."""
        if (known := self._windows.get(name)) and known.resets_at != window.resets_at:
            del self._windows[name]
        self._windows[name] = window
        while self._windows and (
            len(self._windows) > MAX_WINDOWS
            or next(iter(self._windows.values())).resets_at <= now
        ):
            self._windows.popitem(last=False)


def _per_minute(events: int) -> RateLimitItem | None:
    return RateLimitItemPerMinute(events, namespace=_NAMESPACE) if events else None


def _refusal(bucket: _Bucket, window: _Window, now: float) -> TooManyRequestsError:
    return TooManyRequestsError(
        f"Too many events for {bucket.whose}: {bucket.limit.amount} are let in "
        f"per {bucket.limit.GRANULARITY.name}",
        retry_after=max(1, math.ceil(window.resets_at - now - _CLOCK_NOISE)),
    )
