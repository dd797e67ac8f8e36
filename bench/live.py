"""From an event's POST to the changed score in an open board's DOM."""

from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import sync_playwright

from tests.browser import chromium_arguments, chromium_path, sign_in
from tests.product import running_product

SAMPLES = 60
PAUSE_MILLISECONDS = 400
"""Longer than the quarter second between two updates of a board, so that each
sample starts on an idle board."""

POST_AND_WATCH = """
async ({key, expected}) => {
  const score = () => document.querySelector('main table tbody tr')?.innerText ?? '';
  const shown = new Promise((resolve) => {
    const wanted = new RegExp(`\\\\b${expected}\\\\b`);
    const look = () => wanted.test(score()) && resolve(performance.now());
    new MutationObserver(look).observe(document.querySelector('main'),
      {subtree: true, childList: true, characterData: true});
  });
  const started = performance.now();
  await fetch('/api/ingest/event', {method: 'POST', body: JSON.stringify(
    {apiKey: key, event: 'page_view', anonymousId: 'bench-visitor'})});
  return await shown - started;
}
"""


def measure_post_to_board(home: Path) -> dict[str, float]:
    """Return milliseconds from POST to DOM on an idle machine: p50, p95, samples."""
    with running_product(home) as product, sync_playwright() as playwright:
        account = product.register()
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=chromium_arguments()
        )
        page = browser.new_page()
        sign_in(page, product, account)
        page.goto(f"{product.url}/leads")
        page.get_by_text("No leads yet").wait_for()
        taken = []
        for n in range(1, SAMPLES + 1):
            taken.append(
                page.evaluate(
                    POST_AND_WATCH, {"key": account.write_key, "expected": 5 * n}
                )
            )
            page.wait_for_timeout(PAUSE_MILLISECONDS)
        browser.close()
    return {
        "post_to_board_p50_ms": median(taken),
        "post_to_board_p95_ms": quantiles(taken, n=20)[18],
        "post_to_board_samples": float(len(taken)),
    }
