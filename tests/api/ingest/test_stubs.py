"""What browser clients ask their vendor besides is answered, so they stay quiet."""

import json

import httpx
import pytest

from leadpulse_app.api.ingest.routes import is_ingest_path

KEY = "pk_" + "a" * 48


@pytest.mark.parametrize("slash", ["", "/"])
async def test_posthogs_client_is_told_that_there_are_events_alone(
    client: httpx.AsyncClient, slash: str
) -> None:
    answer = await client.get(f"/array/{KEY}/config{slash}")
    assert answer.status_code == 200
    config = answer.json()
    assert config["token"] == KEY
    assert config["hasFeatureFlags"] is False
    assert config["sessionRecording"] is False
    assert "gzip-js" in config["supportedCompression"]


async def test_it_is_told_the_same_as_a_script(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/array/{KEY}/config.js")
    assert answer.headers["content-type"] == "text/javascript"
    assert f'["{KEY}"]' in answer.text
    assert '"hasFeatureFlags":false' in answer.text


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/flags?v=2", "/flags/?v=2", "/flags"])
async def test_there_are_no_feature_flags(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await client.request(
        method, path, content=b"{}" if method == "POST" else b""
    )
    assert answer.status_code == 200
    assert answer.json()["flags"] == {}
    assert answer.json()["errorsWhileComputingFlags"] is False


async def test_segments_client_is_told_to_send_its_events_here(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get(
        f"/v1/projects/{KEY}/settings",
        headers={"Host": "leads.example:8000", "X-Forwarded-Proto": "https"},
    )
    assert answer.status_code == 200
    assert answer.json()["integrations"] == {
        "Segment.io": {
            "apiKey": KEY,
            "apiHost": "leads.example:8000/v1",
            "protocol": "https",
        }
    }


async def test_metrics_of_segments_client_are_taken(client: httpx.AsyncClient) -> None:
    body = json.dumps({"series": []}).encode()
    assert (await client.post("/v1/m", content=body)).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/v1/nothing",
        "/api/s/nothing",
        "/array/x/nothing",
        "/array/a'b/config.js",
        "/v1/projects/settings",
        "/api/ingest/nothing",
        "/api/ingest/event//",
        "/i/v0/nothing",
    ],
)
async def test_what_is_no_route_is_not_found_in_the_envelope(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        ("/api/ingest/event", True),
        ("/v1/batch/", True),
        ("/e", True),
        ("/e/", True),
        ("/flags/", True),
        ("/array/x/config", True),
        ("/v1/anything", True),
        ("/", False),
        ("/events", False),
        ("/leads/", False),
        ("/api/events", False),
        ("/batches", False),
    ],
)
def test_ingest_takes_its_own_paths_alone(path: str, ours: bool) -> None:
    assert is_ingest_path(path) is ours


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/t", "POST"),
        ("/v1/batch/", "POST"),
        ("/e/", "POST"),
        ("/beacon/v1/batch", "POST"),
        ("/flags/", "GET, POST"),
        (f"/array/{KEY}/config", "GET"),
    ],
)
async def test_a_preflight_is_answered_and_may_be_remembered(
    client: httpx.AsyncClient, path: str, methods: str
) -> None:
    asked = "anonymousid,authorization,content-type,sentat,x-retry-count"
    answer = await client.options(
        path,
        headers={
            "Origin": "https://shop.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": asked,
        },
    )
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert answer.headers["access-control-allow-methods"] == methods
    assert answer.headers["access-control-allow-headers"] == asked
    assert int(answer.headers["access-control-max-age"]) > 0
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/flags/", f"/array/{KEY}/config", "/v1/nothing"])
async def test_any_page_may_read_the_answer(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path, headers={"Origin": "https://shop.example"})
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert answer.headers["access-control-expose-headers"] == "Retry-After"
