"""Signing in at a real provider: who has no role stays outside, and who is limited sees a part."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.browser.test_dashboards import Opened, serious, settle
from tests.dashboards import small_edition
from tests.test_access import OTHER, SECRET

pytestmark = pytest.mark.browser
pytest.importorskip("oidc_provider_mock", reason="the provider for tests is not here")

from playwright.sync_api import Page, expect  # noqa: E402

from dashboards.screenshots import browser, wait_for  # noqa: E402

PEOPLE = {
    "ann": {"email": "ann@example.com", "groups": ["finance"]},
    "sam": {"email": "sam@example.com", "groups": ["finance"]},
    "mal": {"email": "mal@example.com", "groups": ["strangers"]},
}
SIGN_IN = """
[sign_in]
provider = "http://localhost:{provider}/.well-known/openid-configuration"
client_id = "tieout"
client_secret_env = "TEST_CLIENT_SECRET"
cookie_secret_env = "TEST_COOKIE_SECRET"
address = "http://localhost:{port}"
person_claim = "email"
role_claim = "groups"
roles = {{ finance = "analyst" }}
[[sign_in.scopes]]
people = ["sam@example.com"]
processor = ["stripe"]
"""
COMMAND = "from pipelines.cli import main; main()"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def process(command: list[str], health: str, **environment: str) -> Iterator[None]:
    """A server of its own, that answers at an address."""
    server = subprocess.Popen(
        [sys.executable, *command],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(health, server)
        yield
    finally:
        server.terminate()
        server.wait(timeout=10)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """The dashboards as the command serves them, and a provider that knows three people."""
    home = small_edition.workspace(tmp_path_factory.mktemp("books"))
    small_edition.publish(home, extra=OTHER)
    provider, port = free_port(), free_port()
    home.config.write_text(home.config.read_text() + SIGN_IN.format(provider=provider, port=port))
    users = [
        part
        for name, claims in PEOPLE.items()
        for part in ("--user-claims", json.dumps({"sub": name, **claims}))
    ]
    metadata = f"http://localhost:{provider}/.well-known/openid-configuration"
    dashboard = ["-c", COMMAND, "dashboard", "--home", str(home.home), "--port", str(port)]
    with ExitStack() as stack:
        mock = ["-m", "oidc_provider_mock", "--port", str(provider), *users]
        stack.enter_context(process(mock, metadata))
        served = process(
            dashboard,
            f"http://localhost:{port}/_stcore/health",
            TEST_CLIENT_SECRET="secret",
            TEST_COOKIE_SECRET="c" * 32,
        )
        stack.enter_context(served)
        yield Opened(stack.enter_context(browser()), f"http://localhost:{port}/")


def sign_in(opened: Opened, name: str, *, theme: str = "light") -> Page:
    page = opened.page(theme=theme)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_url(f"{opened.address}**")
    settle(page)
    return page


def test_signing_in_and_out(opened: Opened) -> None:
    page = opened.page("reconciliation")
    assert page.locator("[data-testid=stDataFrame]").count() == 0
    page.context.close()
    page = sign_in(opened, "ann")
    assert page.locator(".st-key-verdict").count() == 1
    page.locator(".st-key-who button").click()
    expect(page.locator("[data-testid=stPopoverBody]")).to_contain_text("ann@example.com")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="End Session").wait_for()
    page.goto(opened.address)
    settle(page)
    assert page.get_by_role("button", name="Sign in").count() == 1
    assert opened.complaints == []
    page.context.close()


def test_who_has_no_role_stays_outside(opened: Opened) -> None:
    page = sign_in(opened, "mal")
    main = page.locator("[data-testid=stMain]")
    expect(main).to_contain_text("mal@example.com has no role here")
    assert "$" not in main.inner_text()
    assert opened.complaints == []
    page.context.close()


def test_who_is_limited_is_refused_what_others_see(opened: Opened) -> None:
    for name, said in (("ann", SECRET), ("sam", "processor stripe")):
        page = sign_in(opened, name)
        page.goto(f"{opened.address}audit?look=SQL")
        settle(page)
        page.get_by_label("Query").fill(
            "select reference from fct_reconciliation_items where processor = 'adyen'"
            if name == "ann"
            else "select * from fct_revenue_monthly"
        )
        page.get_by_role("button", name="Run").click()
        page.get_by_text("1 row" if name == "ann" else said).first.wait_for()
        page.context.close()
    assert opened.complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_at_the_door(opened: Opened, theme: str) -> None:
    page = opened.page(theme=theme)
    assert serious(page) == []
    page.context.close()
    page = sign_in(opened, "sam", theme=theme)
    page.locator(".st-key-who button").click()
    popover = page.locator("[data-testid=stPopoverBody]")
    expect(popover).to_contain_text("You see only processor stripe")
    assert serious(page) == []
    page.context.close()
