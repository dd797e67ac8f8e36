"""The script as a page gets it: small, current and kept for a while."""

import gzip

import httpx

from tests.sdk.minified import SERVED, SOURCE, minified
from tests.sdk.site import Site

MAX_COMPRESSED_BYTES = 4 * 1024


async def test_the_script_is_at_most_4_kilobytes_compressed(site: Site) -> None:
    async with httpx.AsyncClient() as client:
        plain = await client.get(
            f"{site.url}/sdk/ls.js", headers={"Accept-Encoding": "identity"}
        )
        packed = await client.get(
            f"{site.url}/sdk/ls.js", headers={"Accept-Encoding": "br, gzip"}
        )
    assert "Content-Encoding" not in plain.headers
    assert len(gzip.compress(plain.content, 9)) <= MAX_COMPRESSED_BYTES
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) <= MAX_COMPRESSED_BYTES
    assert packed.content == plain.content
    assert packed.headers["Vary"] == "Accept-Encoding"


async def test_a_browser_that_has_the_script_is_not_sent_it_again(site: Site) -> None:
    async with httpx.AsyncClient() as client:
        first = await client.get(f"{site.url}/sdk/ls.js")
        again = await client.get(
            f"{site.url}/sdk/ls.js", headers={"If-None-Match": first.headers["ETag"]}
        )
    assert (first.status_code, again.status_code) == (200, 304)
    assert again.content == b""
    assert again.headers["Cache-Control"] == "public, max-age=300"


def test_what_is_served_was_made_from_the_source_as_it_is() -> None:
    assert SERVED.read_text("utf-8") == minified(), (
        f"{SOURCE.name} has changed: run python -m tests.sdk.minified"
    )
