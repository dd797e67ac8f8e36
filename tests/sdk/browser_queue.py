"""What of a page's events still waits in the browser."""

from playwright.async_api import Page

_WAITING = """Object.keys(localStorage).filter((key) => key.startsWith("ls_queue_"))
    .sort().map((key) => JSON.parse(localStorage[key]).event)"""


async def queued(page: Page) -> list[str]:
    """Return the types of the events that wait, the oldest first."""
    return list(await page.evaluate(_WAITING))


async def settle(page: Page) -> None:
    """Return once the page has heard what became of all its events.

    Before that, a leap of its clock would time out the request under way.
    """
    await page.wait_for_function(f"{_WAITING}.length === 0")
