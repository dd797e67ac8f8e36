"""Opens the dashboard's websocket as a page does."""

import base64
import http.client
import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests.product import Product

SWITCHING_PROTOCOLS = 101


@contextmanager
def handshake(product: Product, *, origin: str) -> Iterator[int]:
    """Ask for the websocket and yield the status; it stays open for the block."""
    connection = http.client.HTTPConnection("localhost", product.port, timeout=10)
    connection.request(
        "GET",
        "/_event/?EIO=4&transport=websocket",
        headers={
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            "Origin": origin,
        },
    )
    with connection.getresponse() as response:
        yield response.status
    connection.close()


@contextmanager
def open_websocket(product: Product) -> Iterator[None]:
    """Keep a websocket open for the block."""
    with handshake(product, origin=product.url) as status:
        assert status == SWITCHING_PROTOCOLS
        yield
