"""Boards share what they read, and none is shown less than what woke it."""

import asyncio
import time
from dataclasses import dataclass, field

import pytest

from leadpulse_app.state.readings import JOINING_SECONDS, Readings

FOREVER_AGO = 0.0


@dataclass
class Source:
    """Something to read, which counts the readings and can hold them up."""

    readings: int = 0
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> int:
        self.readings += 1
        number = self.readings
        await self.may_answer.wait()
        return number


@pytest.fixture
def source() -> Source:
    source = Source()
    source.may_answer.set()
    return source


async def test_boards_that_were_woken_before_a_reading_began_share_it() -> None:
    source, readings = Source(), Readings()
    woken = time.monotonic()
    joined = [readings.join("list", source.read, after=woken) for _ in range(200)]
    source.may_answer.set()
    assert [await each.content for each in joined] == [1] * 200
    assert source.readings == 1


async def test_a_board_woken_after_a_reading_began_does_not_join_it() -> None:
    source, readings = Source(), Readings()
    older = readings.join("list", source.read, after=FOREVER_AGO)
    newer = readings.join("list", source.read, after=time.monotonic())
    source.may_answer.set()
    assert (await older.content, await newer.content) == (1, 2)


async def test_another_thing_is_another_reading(source: Source) -> None:
    readings = Readings()
    for key in (("mine", "list"), ("theirs", "list"), ("mine", "list", "hot")):
        await readings.join(key, source.read, after=FOREVER_AGO).content
    assert source.readings == 3


async def test_a_slow_reading_is_joined_for_as_long_as_it_takes() -> None:
    source, readings = Source(), Readings()
    slow = readings.join("list", source.read, after=FOREVER_AGO)
    await asyncio.sleep(JOINING_SECONDS * 1.2)
    assert readings.join("list", source.read, after=FOREVER_AGO) is slow
    source.may_answer.set()
    await slow.content
    assert source.readings == 1


async def test_an_older_reading_is_joined_and_the_next_begun_for_those_to_come() -> (
    None
):
    source, readings = Source(), Readings()
    slow = readings.join("list", source.read, after=FOREVER_AGO)
    await asyncio.sleep(JOINING_SECONDS * 1.2)
    source.may_answer.set()
    await slow.content
    for _ in range(3):
        assert readings.join("list", source.read, after=FOREVER_AGO) is slow
    woken_since = slow.began
    newer = readings.join("list", source.read, after=woken_since)
    assert await newer.content == 2
    assert source.readings == 2


async def test_nothing_is_kept_of_a_reading_that_ended(source: Source) -> None:
    readings = Readings()
    await readings.join("list", source.read, after=FOREVER_AGO).content
    await asyncio.sleep(JOINING_SECONDS * 1.2)
    assert len(readings) == 0


async def test_a_reading_that_failed_is_not_joined() -> None:
    readings = Readings()

    async def fail() -> int:
        raise OSError("away")

    failed = readings.join("list", fail, after=FOREVER_AGO)
    with pytest.raises(OSError, match="away"):
        await failed.content
    await asyncio.sleep(0)
    assert len(readings) == 0


async def test_whoever_leaves_ends_the_reading_for_nobody_else() -> None:
    source, readings = Source(), Readings()
    reading = readings.join("list", source.read, after=FOREVER_AGO)
    leaving = asyncio.ensure_future(asyncio.shield(reading.content))
    leaving.cancel()
    source.may_answer.set()
    assert await reading.content == 1


async def test_what_lasts_is_kept_and_joined_as_long(source: Source) -> None:
    readings, lasts = Readings(), JOINING_SECONDS * 3
    first = readings.join("counts", source.read, after=FOREVER_AGO, lasts=lasts)
    await first.content
    await asyncio.sleep(JOINING_SECONDS * 1.2)
    again = readings.join("counts", source.read, after=FOREVER_AGO, lasts=lasts)
    assert again is first
    await asyncio.sleep(lasts)
    assert (source.readings, len(readings)) == (1, 0)
