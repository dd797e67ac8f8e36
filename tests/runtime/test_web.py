"""The one port: each path is answered by its part, and strangers get no websocket."""

import httpx
import pytest

from tests.product import Product
from tests.runtime.handshake import SWITCHING_PROTOCOLS, handshake

pytestmark = pytest.mark.e2e


def test_the_products_own_page_opens_a_websocket(product: Product) -> None:
    with handshake(product, origin=product.url) as status:
        assert status == SWITCHING_PROTOCOLS


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://localhost",
        "http://localhost.evil.example:8000",
        "null",
    ],
)
def test_a_strangers_page_opens_none(product: Product, origin: str) -> None:
    with handshake(product, origin=origin) as status:
        assert status == 403


@pytest.mark.parametrize("path", ["/", "/login", "/leads/some-lead"])
def test_a_page_is_not_framed_or_sniffed(product: Product, path: str) -> None:
    page = httpx.get(f"{product.url}{path}", follow_redirects=True)
    assert page.status_code == 200
    assert page.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


def test_an_unknown_page_is_a_page_with_404(product: Product) -> None:
    page = httpx.get(f"{product.url}/nowhere")
    assert page.status_code == 404
    assert page.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/api", "/api/nowhere", "/api/ingest/nowhere"])
def test_an_unknown_route_answers_the_error_envelope(
    product: Product, path: str
) -> None:
    answer = httpx.get(f"{product.url}{path}")
    assert answer.status_code == 404
    body = answer.json()
    assert (body["success"], body["code"]) == (False, "not_found")


def test_any_site_may_load_the_sdk(product: Product) -> None:
    script = httpx.get(f"{product.url}/sdk/ls.js")
    assert script.status_code == 200
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert script.headers["Access-Control-Allow-Origin"] == "*"
    assert "max-age=300" in script.headers["Cache-Control"]


def test_the_sample_site_is_served_where_it_is_switched_on(
    product: Product,
) -> None:
    page = httpx.get(f"{product.url}/demo-site", follow_redirects=True)
    assert page.status_code == 200
    assert page.url.path == "/demo-site/"
    assert "A sample site" in page.text


def test_the_built_frontend_names_no_address(product: Product) -> None:
    page = httpx.get(f"{product.url}/").text
    assert "origin.invalid" not in page
    assert "localhost" not in page


@pytest.mark.parametrize("path", ["/api/health", "/api/health/ready"])
def test_a_load_balancer_may_probe_with_head(product: Product, path: str) -> None:
    assert httpx.head(f"{product.url}{path}").status_code == 200
