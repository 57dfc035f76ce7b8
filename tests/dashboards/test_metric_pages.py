"""Pages of metrics: each states its figure in a sentence, and what it is made of adds up."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dashboards import data
from dashboards.components import plots
from tests.dashboards import small_edition
from tests.dashboards.test_pages import books, opened, shown  # noqa: F401
from tieout.settings import Workspace


def figures(app: object) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}  # type: ignore[attr-defined]


def test_revenue_leads_from_gross_to_net(
    books: Workspace,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = opened(books, monkeypatch, "views/revenue.py")
    assert "Merchants paid $360.00, and $240.00 of it is left, 66.6%" in shown(app)
    assert figures(app)["Take rate"] == "100.0 bps"
    assert list(app.dataframe[0].value["Network cost"]) == ["$60.00", "$60.00"]
    euro = opened(books, monkeypatch, "views/revenue.py", currency="EUR", period="Nov 2026")
    assert figures(euro)["Gross revenue"] == "€90.00"
    assert {metric.label: metric.delta for metric in euro.metric}["Net revenue"] == "+0.0%"


@pytest.mark.parametrize("by", ["Product", "Currency", "Network bills"])
def test_revenue_by_what_it_is_of(
    by: str,
    books: Workspace,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "could not be shown" not in shown(opened(books, monkeypatch, "views/revenue.py", by=by))


def test_what_is_booked_is_recognised_or_remains(
    books: Workspace,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look = "Booked and recognised"
    bridges = list[list[str]]()
    monkeypatch.setattr(
        plots, "bridge", lambda steps, **_: bridges.append([step.text for step in steps])
    )
    app = opened(books, monkeypatch, "views/revenue.py", by=look)
    row, euros = app.dataframe[-1].value.to_dict("records")
    assert [row[name] for name in ("Booked", "Recognised", "Remaining")] == [
        *("$1,000.00", "$530.00", "$470.00")
    ]
    assert (row["Booked in"], row["Recognised, share"], row["Invoices"]) == ("Oct 2026", "53.0%", 2)
    assert (euros["Booked"], euros["Remaining"]) == ("€500.00", "€410.00")
    # All currencies together are told in the reporting currency, a euro being two dollars.
    assert bridges[-1] == ["$2,000.00", "−$310.00", "−$400.00", "$1,290.00"]
    opened(books, monkeypatch, "views/revenue.py", by=look, currency="EUR")
    assert bridges[-1] == ["€500.00", "−€90.00", "€410.00"]
    later = opened(books, monkeypatch, "views/revenue.py", by=look, period="Nov 2026")
    assert "No invoice of this period is known" in shown(later)


def test_success_rates_by_every_definition(
    books: Workspace,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = opened(books, monkeypatch, "views/success.py")
    # The golden example of the definitions, a thousandth of it.
    assert "93.000% of valid attempts were authorised; 20 payments never were" in shown(app)
    assert figures(app)["Authorisation rate"] == "94.897%"
    assert figures(app)["Retry uplift"] == "1.020%"
    (steps,) = (frame.value for frame in app.dataframe)
    assert list(steps["Change"]) == ["+460.67 bps"]


@pytest.mark.parametrize(
    ("look", "said"),
    [
        ("Change", "The effects add up exactly. Retries of Nov 2026 are not over."),
        ("Declines", "Why attempts failed"),
        ("Cuts", "Payment success rate; the most attempts first"),
        ("Routing", "with its 95% interval"),
    ],
)
def test_what_stands_behind_a_success_rate(
    look: str,
    said: str,
    books: Workspace,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = opened(books, monkeypatch, "views/success.py", look=look)
    assert said in shown(app)
    assert len(app.dataframe) == 1


@pytest.mark.parametrize(
    ("look", "said"),
    [
        ("Trial balance", "Debits equal credits in USD"),
        ("Income statement", "Income statement"),
        ("Cash", "1 account differs from what the bank states"),
        ("General ledger", "2 postings · newest first"),
    ],
)
def test_statements_tie_to_the_ledger(
    look: str,
    said: str,
    books: Workspace,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = opened(books, monkeypatch, "views/statements.py", look=look)
    assert said in shown(app)
    assert figures(app)["Income"] == "$90.00"


def test_a_posting_leads_to_its_journal_and_line(
    books: Workspace,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = opened(
        books, monkeypatch, "views/statements.py", look="General ledger", account="revenue:payments"
    )
    assert "1 posting ·" in shown(app)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_published_table_leaves_as_it_is_shown(
    kind: str,
    books: Workspace,  # noqa: F811
    tmp_path: Path,
) -> None:
    (edition, *_) = data.editions(books)
    path = tmp_path / "table"
    data.export(books, edition, "fct_revenue_monthly", date(2026, 11, 1), "EUR", kind, path)
    written = path.read_bytes()
    if kind == "xlsx":
        assert written.startswith(b"PK")
    else:
        header, *rows = written.decode().splitlines()
        assert header.startswith('"month","currency","gross_volume"')
        assert [row.split(",")[1:3] for row in rows] == [['"EUR"', '"9000.00"']]


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("cost", "Each million of volume cost $2,527.78"),
        ("disputes", "1 threshold of card networks breached"),
        ("fx", "$5.00 lost on exchange in the ledger, $8.00 gained on open balances"),
    ],
)
def test_a_page_begins_with_its_verdict(
    page: str,
    said: str,
    books: Workspace,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert said in shown(opened(books, monkeypatch, f"views/{page}.py"))


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("cost", {"look": "Drivers"}),
        ("disputes", {"look": "Cohorts"}),
        ("fx", {"by": "Account"}),
        ("fx", {"by": "Rates used"}),
    ],
)
def test_every_part_of_a_page_shows(
    page: str,
    address: dict[str, str],
    books: Workspace,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "could not be shown" not in shown(
        opened(books, monkeypatch, f"views/{page}.py", **address)
    )


def test_the_golden_dispute_ratio(
    books: Workspace,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = opened(books, monkeypatch, "views/disputes.py")
    assert list(app.dataframe[0].value["Ratio"]) == ["247 bps"]


def test_what_was_charged_above_contract_is_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = small_edition.workspace(tmp_path)
    small_edition.publish(home, extra=small_edition.FEES)
    app = opened(home, monkeypatch, "views/fees.py")
    assert "$1.50 to claim back: 1 line charged above contract" in shown(app)
    assert figures(app)["As agreed"] == "90.000%"
    assert list(app.dataframe[0].value["Difference"]) == ["$1.50"]
