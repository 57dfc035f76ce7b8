"""Who may what: claims become people, and what is kept from somebody is not there for them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from pydantic import ValidationError

from tests.dashboards import small_edition
from tieout.access import NotAdmitted, SignIn
from tieout.decisions.desk import Desk
from tieout.decisions.record import DecisionRefused, Person
from tieout.editions import Editions, NotReadOnly, hidden, select
from tieout.scope import RowScope
from tieout.settings import ConfigurationError, Workspace

STRIPE = RowScope.of({"processor": ["stripe"]})
SECRET = "ref_adyen_only"
RULES = {
    "provider": "https://login.example.com/.well-known/openid-configuration",
    "client_id": "tieout",
    "client_secret_env": "A",
    "cookie_secret_env": "B",
    "address": "https://tieout.example.com/",
    "person_claim": "email",
    "role_claim": "groups",
    "roles": {"finance": "analyst", "controllers": "approver", "audit": "auditor"},
    "scopes": [
        {"people": ["Sam@example.com"], "processor": ["stripe", "adyen"]},
        {"roles": ["analyst"], "processor": ["adyen", "paypal"]},
        {"roles": ["auditor"], "country": ["DE"]},
    ],
}
# One payout at another processor, of which nobody who sees stripe alone may learn anything.
OTHER = f"""
insert into fct_reconciliation_items by name
select * replace ('adyen' as processor, '{SECRET}' as reference, md5('other') as item_id,
    777700 as left_minor)
from fct_reconciliation_items where item_id = '{small_edition.item_id("payout_bank", "broken")}'
"""


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    home = small_edition.workspace(tmp_path_factory.mktemp("books"))
    small_edition.publish(home, extra=OTHER)
    return home


@pytest.fixture
def part(books: Workspace, tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """What somebody sees who may see stripe alone."""
    store = Editions(books.editions)
    return store.open_part(store.get().edition_id, STRIPE, tmp_path / "part.duckdb")


@pytest.mark.parametrize(
    ("claims", "role", "scope"),
    [
        ({"email": "ann@example.com", "groups": ["finance", "x"]}, "analyst", "adyen, paypal"),
        ({"email": "ben@example.com", "groups": "controllers"}, "approver", ""),
        # Each rule takes something away, and none gives it back.
        ({"email": "sam@EXAMPLE.com", "groups": ["finance"]}, "analyst", "adyen"),
        ({"email": "sam@example.com", "groups": ["controllers"]}, "approver", "adyen, stripe"),
        # Who audits decides nothing, whatever else they are.
        ({"email": "eve@example.com", "groups": ["controllers", "audit"]}, "auditor", "DE"),
    ],
)
def test_claims_become_a_person(claims: dict[str, object], role: str, scope: str) -> None:
    person = SignIn.model_validate(RULES).person(claims)
    assert person.role == role
    assert ", ".join(value for _, values in person.scope.allowed for value in values) == scope


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"groups": ["finance"]}, "lacks the claim email"),
        ({"email": "ann@example.com"}, "no role here"),
        ({"email": "ann@example.com", "groups": ["Finance"]}, "no role here"),
        ({"email": "a@b", "email_verified": False, "groups": ["finance"]}, "not verified"),
    ],
)
def test_who_has_no_role_is_not_admitted(claims: dict[str, object], why: str) -> None:
    with pytest.raises(NotAdmitted, match=why):
        SignIn.model_validate(RULES).person(claims)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"roles": {"finance": "boss"}}, "viewer"),
        ({"address": "tieout.example.com"}, "is not an address"),
        ({"scopes": [{"processor": ["stripe"]}]}, "the people or the roles"),
        ({"scopes": [{"people": ["ann"]}]}, "processor, merchant_id, country"),
        ({"scopes": [{"people": ["ann"], "entity": ["x"]}]}, "Extra inputs"),
    ],
)
def test_rules_that_cannot_be_held_are_refused(change: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        SignIn.model_validate(RULES | change)


def test_the_configuration_names_a_wrong_key_of_the_sign_in(workspace: Workspace) -> None:
    workspace.config.write_text(workspace.config.read_text() + "[sign_in]\nclient_id = 'tieout'\n")
    with pytest.raises(ConfigurationError, match=r"sign_in\.provider: Field required"):
        workspace.settings()


def test_a_part_has_the_rows_of_its_scope(part: duckdb.DuckDBPyConnection) -> None:
    rows = part.execute("select processor, count(*) from fct_reconciliation_items group by 1")
    assert rows.fetchall() == [("stripe", 30)]
    assert part.execute("select origin from deliveries").fetchall() == [(small_edition.ORIGIN,)]


def test_a_table_that_cannot_be_cut_is_empty(
    books: Workspace, part: duckdb.DuckDBPyConnection
) -> None:
    tables = Editions(books.editions).get().tables
    kept_back = hidden(tables, STRIPE)
    assert {"fct_revenue_monthly", "rpt_conservation", "rpt_source_files"} <= kept_back
    assert all(tables[name].rows for name in ("fct_revenue_monthly", "rpt_conservation"))
    for name in kept_back - {"deliveries"}:
        assert part.execute(f"select count(*) from {name}").fetchall() == [(0,)]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from fct_reconciliation_items where reference = '{secret}'",
        # An error would quote the value, were the row there.
        "select cast(reference as integer) from fct_reconciliation_items where processor = 'adyen'",
        "select * from fct_reconciliation_items union all from read_parquet('{files}')",
        "select * from '{files}'",
        "select * from glob('{root}/**')",
        "select * from read_text('{root}/current')",
        "select * from parquet_metadata('{files}')",
        "select * from information_schema.tables where table_name = 'part'",
        "select sql from duckdb_views() where sql like '%parquet%'",
        "select * from query('from read_parquet(''{files}'')')",
        "select getenv('HOME')",
    ],
)
def test_no_query_gets_around_a_scope(
    sql: str, books: Workspace, part: duckdb.DuckDBPyConnection
) -> None:
    files = books.editions / "tables" / "fct_reconciliation_items" / "*.parquet"
    assert list(files.parent.glob(files.name))
    query = sql.format(files=files, root=books.editions, secret=SECRET)
    told = ""
    try:
        _, rows = select(part, query)
    except duckdb.Error as error:
        rows, told = [], str(error)
    assert rows == []
    assert SECRET not in told


@pytest.mark.parametrize(
    "sql",
    [
        "attach '{root}/x.duckdb'",
        "copy fct_breaks to '{root}/x.csv'",
        "create table mine as select 1",
        "set enable_external_access = true",
        "install httpfs",
        "delete from fct_breaks",
    ],
)
def test_a_part_cannot_be_changed_or_left(
    sql: str, tmp_path: Path, part: duckdb.DuckDBPyConnection
) -> None:
    with pytest.raises(NotReadOnly):
        select(part, sql.format(root=tmp_path))
    with pytest.raises(duckdb.Error):  # nor by who gets around that check
        part.execute(sql.format(root=tmp_path))


def test_values_of_a_scope_are_values_and_no_sql() -> None:
    scope = RowScope.of({"processor": ["x') or true --"]})
    condition = scope.condition(["processor"])
    rows = duckdb.execute(f"from (select 'stripe' as processor) where {condition}").fetchall()
    assert rows == []
    assert RowScope.of({"processor": []}).condition(["processor"]) != "true"


@pytest.mark.parametrize("role", ["viewer", "auditor"])
def test_who_only_reads_decides_nothing(role: str, books: Workspace) -> None:
    item = small_edition.item_id("payout_bank", "broken")
    with pytest.raises(DecisionRefused, match=f"the role {role} may not do this"):
        Desk(books).propose("explain", Person("Vic", role), [item], reason="bank_charge")


def test_the_desk_knows_no_item_outside_of_a_scope(books: Workspace, tmp_path: Path) -> None:
    desk = Desk(books)
    sam, ann = Person("Sam", "analyst", STRIPE), Person("Ann", "analyst")
    (other,) = duckdb.execute("select md5('other')").fetchone() or ()
    with pytest.raises(DecisionRefused, match="not in the current edition"):
        desk.propose("explain", sam, [other], reason="bank_charge")
    made = desk.propose("explain", ann, [other], reason="bank_charge").decision
    theirs = desk.propose(
        "explain", ann, [small_edition.item_id("payout_bank", "broken")], reason="bank_charge"
    ).decision
    assert [s.decision for s in desk.standings(STRIPE)] == [theirs]
    with pytest.raises(DecisionRefused, match="there is no proposal"):
        desk.answer("revoke", sam, made.decision_id)
    by_merchant = RowScope.of({"merchant_id": ["m_1"]})  # items are of no merchant
    assert desk.standings(by_merchant) == []
    assert desk.answer("revoke", sam, theirs.decision_id).state == "revoked"
