"""Boards come one by one, and nobody who is slow or leaves keeps the others."""

import asyncio
import time

from leadpulse_app.state.turns import PATIENCE_SECONDS, Turns

SOON = 2.0


async def test_they_come_one_after_the_other_in_the_order_they_asked() -> None:
    turns, came, at_once = Turns(), [], [0]

    async def come(n: int) -> None:
        async with turns.take(at_once=False):
            at_once[0] += 1
            assert at_once[0] == 1
            came.append(n)
            await asyncio.sleep(0)
            at_once[0] -= 1

    async with asyncio.timeout(SOON):
        await asyncio.gather(*(come(n) for n in range(50)))
    assert came == list(range(50))


async def test_what_a_person_waits_for_waits_for_no_turn() -> None:
    turns = Turns()
    async with (
        turns.take(at_once=False),
        asyncio.timeout(PATIENCE_SECONDS / 2),
        turns.take(at_once=True),
    ):
        pass


async def test_one_that_takes_too_long_is_not_waited_for() -> None:
    turns = Turns()
    async with (
        turns.take(at_once=False),
        asyncio.timeout(SOON),
        turns.take(at_once=False),
    ):
        pass


async def test_one_that_leaves_the_queue_keeps_nobody() -> None:
    turns = Turns()

    async def come() -> None:
        async with turns.take(at_once=False):
            pass

    async with turns.take(at_once=False):
        waiting = [asyncio.ensure_future(come()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        waiting[1].cancel()
    async with asyncio.timeout(SOON):
        await waiting[2]


async def test_hard_work_is_followed_by_a_rest() -> None:
    turns, loop = Turns(), asyncio.get_running_loop()
    async with turns.take(at_once=False):
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass
        left_at = loop.time()
    async with turns.take(at_once=False):
        assert loop.time() - left_at > 0.01
