"""Takes a picture of every page with a made-up year in it, for docs/screenshots.

Each page at the width of a desk and of a phone, light and dark, in production mode:

    .venv/bin/python -m tests.screenshots [FOLDER] [PAGE …]
"""

import subprocess
import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import chromium_arguments, chromium_path, sign_in
from tests.pages import FOR_EVERYBODY, FOR_MEMBERS, SCREENS, open_page
from tests.product import ROOT, Account, Product, running_product, temporary_home

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def fill(product: Product, account: Account) -> None:
    """Fill the account's project with the made-up year."""
    subprocess.run(
        [sys.executable, "-m", "leadpulse_app", "demo", "--email", account.email],
        cwd=ROOT,
        env=product.environment,
        check=True,
    )
    product.wait_until_scored()


def visit(page: Page, product: Product, address: str) -> None:
    """Open a page and wait until what it shows has come to rest."""
    open_page(page, product, address)
    page.evaluate(
        "Promise.all(document.getAnimations()"
        ".filter(({effect}) => effect.getTiming().iterations !== Infinity)"
        ".map(({finished}) => finished.catch(() => {})))"
    )


def take(
    browser: Browser,
    product: Product,
    account: Account,
    folder: Path,
    names: set[str],
) -> None:
    """Write the pictures of the pages of these names, of all where none is named."""
    for scheme in SCHEMES:
        context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
        page = context.new_page()
        for pages in (FOR_EVERYBODY, FOR_MEMBERS):
            if pages is FOR_MEMBERS:
                sign_in(page, product, account)
            for name, address in pages.items():
                if names and name not in names:
                    continue
                for screen, (width, height) in SCREENS.items():
                    page.set_viewport_size({"width": width, "height": height})
                    visit(page, product, address)
                    page.screenshot(path=folder / f"{name}-{screen}-{scheme}.png")
        context.close()


def main(folder: str = "docs/screenshots", *names: str) -> None:
    """Take the pictures; a name that no page has ends it before it begins."""
    unknown = {*names} - {*FOR_EVERYBODY, *FOR_MEMBERS}
    if unknown:
        known = ", ".join([*FOR_EVERYBODY, *FOR_MEMBERS])
        sys.exit(f"There is no page {', '.join(sorted(unknown))}. There are: {known}.")
    target = ROOT / folder
    target.mkdir(parents=True, exist_ok=True)
    with temporary_home() as home, running_product(home) as product:
        account = product.register()
        fill(product, account)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium_path(), args=chromium_arguments()
            )
            take(browser, product, account, target, set(names))
            browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
