"""Who looks decides what the data layer gives, on every page and in every query."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assets.manifest import manifest
from dashboards import data, identity
from tests.dashboards import small_edition
from tests.dashboards.test_pages import PAGES, RECONCILIATION, opened, shown
from tests.test_access import OTHER, SECRET
from tieout.metrics import Question
from tieout.settings import Workspace

SIGN_IN = """
[sign_in]
provider = "http://localhost:9/.well-known/openid-configuration"
client_id = "tieout"
client_secret_env = "A"
cookie_secret_env = "B"
address = "http://localhost:8501"
person_claim = "email"
role_claim = "groups"
roles = { readers = "viewer", finance = "analyst" }
[[sign_in.scopes]]
people = ["sam@example.com"]
processor = ["stripe"]
"""
As = Callable[..., None]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    home = small_edition.workspace(tmp_path_factory.mktemp("books"))
    small_edition.publish(home, extra=OTHER)
    home.config.write_text(home.config.read_text() + SIGN_IN)
    home.definitions.parent.mkdir(parents=True)
    shutil.copy(manifest().with_name("semantic_manifest.json"), home.definitions)
    return home


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> As:
    """Says who the provider says is looking."""

    def sign_in(email: str, group: str = "finance", hours_ago: int = 0) -> None:
        issued = time.time() - 3600 * hours_ago
        told: dict[str, Any] = {"is_logged_in": True, "iat": issued}
        told |= {"email": email, "groups": [group]}
        monkeypatch.setattr(identity, "claims", lambda: told)

    return sign_in


def test_nobody_sees_anything_before_signing_in(
    books: Workspace, monkeypatch: pytest.MonkeyPatch, signed_in: As
) -> None:
    monkeypatch.setattr(identity, "claims", dict)
    for page in PAGES:
        app = opened(books, monkeypatch, page)
        assert [button.label for button in app.button] == ["Sign in"]
        assert not app.dataframe
    with pytest.raises(identity.NotSignedIn):
        data.editions(books)
    signed_in("ann@example.com", hours_ago=13)
    with pytest.raises(identity.NotSignedIn):
        data.editions(books)


def test_who_has_no_role_sees_why(
    books: Workspace, monkeypatch: pytest.MonkeyPatch, signed_in: As
) -> None:
    signed_in("mal@example.com", "strangers")
    app = opened(books, monkeypatch)
    assert "mal@example.com has no role here" in shown(app)
    assert [button.label for button in app.button] == ["Sign out"]


def test_every_page_shows_the_rows_of_who_looks(
    books: Workspace, monkeypatch: pytest.MonkeyPatch, signed_in: As
) -> None:
    # Sam comes after Ann, who has filled every cache, and before her.
    for email, sees_all in (
        ("sam@example.com", False),
        ("ann@example.com", True),
        ("sam@example.com", False),
    ):
        signed_in(email)
        app = opened(books, monkeypatch, RECONCILIATION, status="Broken", leg="Payout to bank")
        references = app.dataframe[-1].value["Reference"].tolist()
        assert (SECRET in references) == sees_all
        assert email in shown(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_limited_person_gets_no_error_on_any_page(
    page: str, books: Workspace, monkeypatch: pytest.MonkeyPatch, signed_in: As
) -> None:
    signed_in("sam@example.com", "readers")
    app = opened(books, monkeypatch, page)
    assert "could not be shown" not in shown(app)
    assert SECRET not in shown(app)


def test_totals_beyond_a_scope_are_not_told(books: Workspace, signed_in: As) -> None:
    signed_in("sam@example.com")
    (edition,) = data.editions(books)
    assert data.row_count(books, edition) is None
    assert {table.rows for table in edition.tables.values()} == {0}
    assert "rpt_conservation" not in edition.tables
    for ask in (
        lambda: data.rows(books, edition.edition_id, "select * from fct_revenue_monthly", {}),
        lambda: data.select(
            books,
            edition.edition_id,
            "with a as (from fct_breaks) select * from a, rpt_conservation",
            10,
        ),
        lambda: data.ask(books, edition.edition_id, data.catalogue(books), Question("net_revenue")),
        lambda: data.runs(books, 1),
        lambda: data.expectations(books),
    ):
        with pytest.raises(data.NotInScope, match="processor stripe"):
            ask()
    # A part of a query of ours that tells nothing does not keep the others from telling.
    both = "select count(*) as n from fct_breaks full join fct_revenue_monthly using (currency)"
    assert data.rows(books, edition.edition_id, both, {}) == [{"n": 10}]


def test_a_metric_is_of_the_rows_of_who_asks(books: Workspace, signed_in: As) -> None:
    (edition_id,) = (path.stem for path in (books.editions / "manifests").glob("*.json"))
    counts = []
    for email in ("ann@example.com", "sam@example.com"):
        signed_in(email)
        _, rows = data.select(
            books, edition_id, "select count(*) from fct_reconciliation_items", 10
        )
        counts.append(rows[0][0])
    assert counts == [31, 30]


def test_without_sign_in_nobody_is_served_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = small_edition.workspace(tmp_path)
    small_edition.publish(home)
    assert "nobody else is served" in shown(opened(home, monkeypatch))

    def comes_from(ip_address: str | None, host: str) -> None:
        context = SimpleNamespace(ip_address=ip_address, headers={"Host": host})
        monkeypatch.setattr(identity.st, "context", context)

    comes_from("192.0.2.7", "localhost:8501")
    with pytest.raises(identity.NotAdmitted, match=r"configure \[sign_in\]"):
        identity.person(home)
    comes_from(None, "evil.example.com:8501")
    with pytest.raises(identity.NotAdmitted):
        identity.person(home)
    comes_from(None, "[::1]:8501")
    assert identity.person(home).role == "analyst"
