"""The commands for the person who runs the product."""

import os
import subprocess
import sys

import httpx
import pytest

from tests.product import ROOT, Product

pytestmark = pytest.mark.e2e


def run(
    product: Product, *arguments: str, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "leadpulse_app", *arguments],
        cwd=ROOT,
        env=product.environment,
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def printed_password(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout.partition("Password: ")[2].splitlines()[0]


def sign_in(product: Product, email: str, password: str) -> httpx.Response:
    return httpx.post(
        f"{product.url}/api/auth/login",
        json={"email": email, "password": password},
        timeout=20,
    )


def test_create_admin_makes_an_account_that_can_sign_in(
    product: Product,
) -> None:
    email = f"admin-{os.urandom(4).hex()}@example.com"
    made = run(product, "create-admin", typed=f"{email}\nGrace\n")
    answer = sign_in(product, email, printed_password(made))
    assert answer.status_code == 200
    assert answer.json()["data"]["project"]["apiKey"].startswith("pk_")


def test_create_admin_refuses_an_email_that_is_taken(product: Product) -> None:
    account = product.register()
    refused = run(product, "create-admin", typed=f"{account.email}\nGrace\n")
    assert refused.returncode == 1
    assert "already" in refused.stderr


def test_reset_password_signs_the_account_out_and_gives_it_a_new_password(
    product: Product,
) -> None:
    account = product.register()
    done = run(product, "reset-password", account.email)
    me = httpx.get(f"{product.url}/api/auth/me", headers=account.headers, timeout=20)
    assert me.status_code == 401
    assert sign_in(product, account.email, account.password).status_code == 401
    answer = sign_in(product, account.email, printed_password(done))
    assert answer.status_code == 200


def test_reset_password_of_nobody_says_so(product: Product) -> None:
    refused = run(product, "reset-password", "nobody@example.com")
    assert refused.returncode == 1
    assert "nobody@example.com" in refused.stderr


def test_a_setting_that_can_not_be_used_is_named(own_product: Product) -> None:
    own_product.extra = {"LEADPULSE_SECRET_KEY": "short"}
    refused = run(own_product, "up")
    assert refused.returncode == 1
    assert "LEADPULSE_SECRET_KEY" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_demo_fills_a_project_once_and_beside_a_running_worker(
    product: Product,
) -> None:
    account = product.register()
    arguments = ("demo", "--email", account.email, "--people", "12")
    first, again = run(product, *arguments), run(product, *arguments)
    assert first.returncode == 0, first.stderr
    assert "Scoring: 100 %" in first.stdout
    assert len(product.leads(account)) == 12
    assert "0 new events" in again.stdout
    assert product.verify().returncode == 0


def test_demo_refuses_an_email_that_nobody_has(product: Product) -> None:
    refused = run(product, "demo", "--email", "nobody@example.com")
    assert refused.returncode == 1
    assert "no account" in refused.stderr
