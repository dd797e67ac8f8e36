import asyncio
from uuid import uuid4

import httpx
import pytest

from leadpulse_app.services.actors import SESSION_COOKIE
from leadpulse_app.settings import get_settings
from tests.tenants import make_tenant

PASSWORD = "correct horse battery"
ELSEWHERE = "https://elsewhere.example"


def _new_account() -> dict[str, str]:
    return {
        "email": f"{uuid4().hex}@example.com",
        "password": PASSWORD,
        "name": "Ada",
    }


async def test_a_person_registers_signs_out_and_in_again(
    client: httpx.AsyncClient,
) -> None:
    account = _new_account()
    registered = await client.post("/api/auth/register", json=account)
    assert registered.status_code == 201
    first = registered.json()["data"]
    assert first["user"]["email"] == account["email"]
    assert first["project"]["apiKey"].startswith("pk_")
    origin = {"Origin": get_settings().public_url}
    assert (await client.post("/api/auth/logout", headers=origin)).is_success
    assert SESSION_COOKIE not in client.cookies

    credentials = {
        "email": f" {account['email'].upper()}",
        "password": PASSWORD,
    }
    signed_in = await client.post("/api/auth/login", json=credentials)
    assert signed_in.status_code == 200
    second = signed_in.json()["data"]
    assert second["token"] != first["token"]
    assert {**second, "token": None} == {**first, "token": None}
    me = await client.get("/api/auth/me")
    assert me.json()["data"] == {
        "user": first["user"],
        "project": first["project"],
        "role": "admin",
    }
    project = await client.get("/api/auth/project")
    assert project.json() == {"success": True, "data": first["project"]}


async def test_scripts_of_a_page_cannot_read_the_cookie(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/api/auth/register", json=_new_account())
    cookie = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}
    assert cookie >= {"httponly", "samesite=lax", "path=/", "max-age=604800"}
    assert answer.headers["cache-control"] == "no-store"


async def test_of_two_who_register_an_email_at_once_one_gets_it(
    client: httpx.AsyncClient,
) -> None:
    account = _new_account()
    answers = await asyncio.gather(
        *(client.post("/api/auth/register", json=account) for _ in range(2))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_a_refused_registration_names_every_field(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post(
        "/api/auth/register",
        json={"email": "ada", "password": "a" * 73, "name": " "},
    )
    assert answer.status_code == 400
    body = answer.json()
    assert body["code"] == "invalid_input"
    assert set(body["details"]) == {"email", "password", "name"}
    assert body["details"]["password"] == "The password may have at most 72 bytes."
    assert body["error"] == body["message"] == body["details"]["email"]


@pytest.mark.parametrize("password", ["wrong horse battery", "x", "x" * 100, "\0" * 12])
async def test_a_refused_sign_in_does_not_tell_which_part_was_wrong(
    client: httpx.AsyncClient, password: str
) -> None:
    account = _new_account()
    await client.post("/api/auth/register", json=account)
    client.cookies.clear()
    known = await client.post("/api/auth/login", json={**account, "password": password})
    unknown = await client.post(
        "/api/auth/login", json={"email": "no\0body", "password": PASSWORD}
    )
    assert known.status_code == unknown.status_code == 401
    assert known.json() == unknown.json()
    assert SESSION_COOKIE not in client.cookies


async def test_signing_out_ends_the_token_everywhere(client: httpx.AsyncClient) -> None:
    tenant = await make_tenant()
    assert (await client.get("/api/auth/me", headers=tenant.bearer)).is_success
    assert (await client.post("/api/auth/logout", headers=tenant.bearer)).is_success
    client.cookies.set(SESSION_COOKIE, tenant.token)
    for headers in (tenant.bearer, {}):
        answer = await client.get("/api/auth/me", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["code"] == "unauthenticated"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": get_settings().public_url}, 200),
        ({"Origin": "https://proxied.example", "Host": "proxied.example"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Referer": f"{get_settings().public_url}/leads?q=1"}, 200),
        ({}, 403),
        ({"Origin": ELSEWHERE}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": ELSEWHERE, "Sec-Fetch-Site": "same-origin"}, 403),
        ({"Origin": f"{get_settings().public_url}.elsewhere.example"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Referer": f"{ELSEWHERE}/{get_settings().public_url}"}, 403),
    ],
    ids=str,
)
async def test_a_cookie_alone_changes_something_only_from_our_own_pages(
    client: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    tenant = await make_tenant()
    client.cookies.set(SESSION_COOKIE, tenant.token)
    answer = await client.post("/api/auth/logout", headers=headers)
    assert answer.status_code == status


async def test_a_bearer_token_needs_no_origin(client: httpx.AsyncClient) -> None:
    tenant, other = await make_tenant(), await make_tenant()
    client.cookies.set(SESSION_COOKIE, other.token)
    headers = {**tenant.bearer, "Origin": ELSEWHERE}
    assert (await client.post("/api/auth/logout", headers=headers)).is_success
    client.cookies.set(SESSION_COOKIE, other.token)
    assert (await client.get("/api/auth/me")).is_success


@pytest.mark.parametrize("route", ["register", "login"])
@pytest.mark.parametrize(
    "headers", [{"Origin": ELSEWHERE}, {"Sec-Fetch-Site": "cross-site"}], ids=str
)
async def test_another_sites_page_cannot_sign_its_visitor_in(
    client: httpx.AsyncClient, route: str, headers: dict[str, str]
) -> None:
    answer = await client.post(
        f"/api/auth/{route}", json=_new_account(), headers=headers
    )
    assert answer.status_code == 403
    assert SESSION_COOKIE not in client.cookies


@pytest.mark.parametrize("authorization", ["Bearer", "Bearer x.y.z", "Basic YTpi", "é"])
async def test_a_broken_authorization_is_nobody(
    client: httpx.AsyncClient, authorization: str
) -> None:
    answer = await client.get(
        "/api/auth/me", headers={"Authorization": authorization.encode()}
    )
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        ("{", "application/json"),
        ("[]", "application/json"),
        ("\xff", "application/json"),
        ("[" * 10_000, "application/json"),
        ("", "application/json"),
        ('{"email": "a@example.com", "password": "long enough"}', "text/plain"),
        ("email=a@example.com", "application/x-www-form-urlencoded"),
    ],
)
async def test_only_a_json_object_signs_in(
    client: httpx.AsyncClient, content: str, content_type: str
) -> None:
    answer = await client.post(
        "/api/auth/login",
        content=content.encode("latin-1"),
        headers={"Content-Type": content_type},
    )
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_input"


async def test_a_new_password_ends_every_other_sign_in(
    client: httpx.AsyncClient,
) -> None:
    account = _new_account()
    credentials = {"email": account["email"], "password": PASSWORD}
    elsewhere = (await client.post("/api/auth/register", json=account)).json()["data"]
    here = (await client.post("/api/auth/login", json=credentials)).json()["data"]
    client.cookies.clear()
    passwords = {"currentPassword": PASSWORD, "newPassword": "battery horse correct"}
    bearer = {"Authorization": f"Bearer {here['token']}"}
    answer = await client.post("/api/auth/password", json=passwords, headers=bearer)
    assert answer.json() == {"success": True, "data": None}
    assert (await client.get("/api/auth/me", headers=bearer)).is_success
    other = {"Authorization": f"Bearer {elsewhere['token']}"}
    assert (await client.get("/api/auth/me", headers=other)).status_code == 401
    assert (await client.post("/api/auth/login", json=credentials)).status_code == 401
    credentials["password"] = passwords["newPassword"]
    assert (await client.post("/api/auth/login", json=credentials)).is_success


async def test_a_password_is_changed_by_whoever_knows_it_to_one_that_can_be(
    client: httpx.AsyncClient,
) -> None:
    account = _new_account()
    data = (await client.post("/api/auth/register", json=account)).json()["data"]
    client.cookies.clear()
    bearer = {"Authorization": f"Bearer {data['token']}"}
    for current, new, field in (
        ("another password", "battery horse correct", "currentPassword"),
        (PASSWORD, "short", "newPassword"),
    ):
        answer = await client.post(
            "/api/auth/password",
            json={"currentPassword": current, "newPassword": new},
            headers=bearer,
        )
        assert answer.status_code == 400
        assert list(answer.json()["details"]) == [field]
    assert (await client.post("/api/auth/password", json={})).status_code == 401
    credentials = {"email": account["email"], "password": PASSWORD}
    assert (await client.post("/api/auth/login", json=credentials)).is_success
