"""Projects and write keys: one's own, and nobody else's."""

from uuid import uuid4

import httpx

from tests.tenants import make_tenant


async def test_a_person_makes_a_project_and_switches_to_it(
    client: httpx.AsyncClient,
) -> None:
    ada = await make_tenant()
    made = await client.post(
        "/api/projects", json={"name": " Acme "}, headers=ada.bearer
    )
    assert made.status_code == 201
    project = made.json()["data"]
    assert project["name"] == "Acme"
    assert project["apiKey"].startswith("pk_")
    listed = (await client.get("/api/projects", headers=ada.bearer)).json()["data"]
    assert [(each["name"], each["role"]) for each in listed] == [
        ("Ada's project", "admin"),
        ("Acme", "admin"),
    ]
    switched = await client.post(
        f"/api/projects/{project['id']}/switch", headers=ada.bearer
    )
    there = {"Authorization": f"Bearer {switched.json()['data']['token']}"}
    client.cookies.clear()
    seen = (await client.get("/api/auth/project", headers=there)).json()["data"]
    assert (seen["id"], seen["apiKey"]) == (project["id"], project["apiKey"])
    before = (await client.get("/api/auth/project", headers=ada.bearer)).json()["data"]
    assert before["id"] == str(ada.actor.project_id)


async def test_nobody_switches_to_anothers_project(client: httpx.AsyncClient) -> None:
    ada, eve = await make_tenant(), await make_tenant(name="Eve")
    for project_id in (ada.actor.project_id, uuid4()):
        answer = await client.post(
            f"/api/projects/{project_id}/switch", headers=eve.bearer
        )
        assert answer.status_code == 404
    listed = (await client.get("/api/projects", headers=eve.bearer)).json()["data"]
    assert [each["id"] for each in listed] == [str(eve.actor.project_id)]


async def test_a_token_of_a_sign_in_that_ended_switches_nowhere(
    client: httpx.AsyncClient,
) -> None:
    ada = await make_tenant()
    path = f"/api/projects/{ada.actor.project_id}/switch"
    token = (await client.post(path, headers=ada.bearer)).json()["data"]["token"]
    client.cookies.clear()
    await client.post("/api/auth/logout", headers=ada.bearer)
    answer = await client.get(
        "/api/auth/me", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 401


async def test_a_key_is_made_listed_and_revoked_once(client: httpx.AsyncClient) -> None:
    ada, eve = await make_tenant(), await make_tenant(name="Eve")
    made = await client.post(
        "/api/projects/keys", json={"name": "Website"}, headers=ada.bearer
    )
    assert made.status_code == 201
    key = made.json()["data"]
    assert key["lastUsedAt"] is None
    listed = (await client.get("/api/projects/keys", headers=ada.bearer)).json()["data"]
    assert [each["name"] for each in listed] == ["Default", "Website"]
    path = f"/api/projects/keys/{key['id']}"
    assert (await client.delete(path, headers=eve.bearer)).status_code == 404
    assert (await client.delete(path, headers=ada.bearer)).status_code == 200
    assert (await client.delete(path, headers=ada.bearer)).status_code == 404
    listed = (await client.get("/api/projects/keys", headers=ada.bearer)).json()["data"]
    assert [each["name"] for each in listed] == ["Default"]


async def test_names_are_checked_and_other_sites_switch_nothing(
    client: httpx.AsyncClient,
) -> None:
    ada = await make_tenant()
    for path in ("/api/projects", "/api/projects/keys"):
        for name in ("", "x" * 121, "a\nb", None):
            answer = await client.post(path, json={"name": name}, headers=ada.bearer)
            assert answer.status_code == 400
    answer = await client.post(
        f"/api/projects/{ada.actor.project_id}/switch",
        headers=ada.bearer | {"Origin": "https://elsewhere.example"},
    )
    assert answer.status_code == 403
