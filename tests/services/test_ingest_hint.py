"""Hints don't hold anyone up, don't pile up and don't get lost."""

import asyncio
import threading

from leadpulse_app.services.ingest.hint import HintCaller


async def test_requests_during_a_call_share_one_later_call() -> None:
    begun, release = threading.Semaphore(0), threading.Semaphore(0)
    calls: list[bool] = []
    alone = threading.Lock()

    def enqueue_hint() -> None:
        calls.append(alone.acquire(blocking=False))
        begun.release()
        release.acquire(timeout=10)
        alone.release()

    caller = HintCaller(enqueue_hint)
    caller.request()
    await asyncio.to_thread(begun.acquire, timeout=10)
    for _ in range(5):
        caller.request()  # returns although the call above still hangs
    release.release(2)
    await caller.stop()
    assert calls == [True, True]
