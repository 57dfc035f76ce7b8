"""Money flow, payouts and cash, and the story of a record, of the small edition."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from dashboards.components.export import as_csv, as_excel, major
from dashboards.queries.flow import Flow, flows
from tests.dashboards import small_edition
from tests.dashboards.test_pages import opened, shown
from tieout.settings import Workspace

FLOW, PAYOUTS, STORY = "views/flow.py", "views/payouts.py", "views/story.py"


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    home = small_edition.workspace(tmp_path_factory.mktemp("books"))
    small_edition.publish(home)
    return home


def test_the_flow_leads_from_ledger_to_bank(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(books, monkeypatch, FLOW)
    assert "$150.00 in the ledger became $99.00 in the bank" in shown(app)
    assert "the residual is zero" in shown(app)
    (grid,) = (frame.value for frame in app.dataframe)
    assert list(grid["Broken"]) == ["\N{MINUS SIGN}$1.00", "$0.00", "$0.00"]
    assert set(grid["Residual"]) == {"$0.00"}


def test_a_residual_is_said_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = small_edition.workspace(tmp_path)
    short = """
    update rpt_money_flow set amount_minor = case row_kind when 'to' then 9890 else 10 end
    where section = 5 and row_kind in ('to', 'residual')
    """
    small_edition.publish(home, extra=short)
    text = shown(opened(home, monkeypatch, FLOW))
    assert "1 section of the way has a part that nothing explains" in text
    assert "Residual $0.10" in text


def test_the_flow_of_each_processor_is_balanced() -> None:
    """What goes into the Sankey comes out of it, since a residual is a branch of its own."""
    rows = [
        {"processor": "p", "section": 1, "step": s, "row_kind": kind, "amount_minor": minor}
        for s, kind, minor in (
            ("ledger", "from", 100),
            ("converted_in", "step", 20),
            ("fee_lines", "step", -5),
            ("tax", "step", -1),
            ("bank", "to", 111),
            ("residual", "residual", 3),
        )
    ]
    found = flows(rows)
    assert found == [
        Flow("p", "Ledger", 100),
        Flow("p", "Bank", -111),
        Flow("p", "Converted", 20),
        Flow("p", "Fees", -6),
        Flow("p", "Unexplained", -3),
    ]
    assert sum(one.minor for one in found) == 0


def test_payouts_say_what_is_on_its_way(books: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(books, monkeypatch, PAYOUTS)
    # $50.00 and 50.00 euros, which are worth two dollars each.
    assert "Nothing is late; $150.00 is on its way" in shown(app)
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures == {
        "In transit": "$150.00",
        "Not arrived": "$0.00",
        "Landed": "$300.00",
        "Next arrival": "$150.00",
    }
    payouts, cash = (frame.value for frame in app.dataframe)
    assert list(payouts["Why"]) == ["Not due yet"] * 2
    assert list(cash["Difference"]) == ["$1.00"]


def test_late_payouts_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = small_edition.workspace(tmp_path)
    late = """
    update fct_payouts set standing = 'late', landed_minor = 0, landed_on = null, days_late = 16,
        break_type = 'missing_in_bank' where break_type is not null
    """
    small_edition.publish(home, extra=late)
    app = opened(home, monkeypatch, PAYOUTS, currency="EUR")
    assert "1 payout has not arrived in time: \N{EURO SIGN}50.00" in shown(app)
    payouts = app.dataframe[0].value
    assert list(payouts["Late"]) == [16, 0]  # due on 6 November, judged from the 22nd


def test_an_edition_of_before_says_that_it_has_no_payouts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = small_edition.workspace(tmp_path)
    small_edition.publish(home, without="fct_payouts")
    app = opened(home, monkeypatch, PAYOUTS)
    assert [title.value for title in app.title] == ["Payouts and cash"]
    assert "Not in this edition" in shown(app)
    assert "could not be shown" not in shown(app)


def test_exports_are_exact_and_run_nothing() -> None:
    rows = [("=1+1", major(9007199254740993, "USD"), major(5, "JPY"), None)]
    assert as_csv(("a", "b", "c", "d"), rows).splitlines()[1] == "'=1+1,90071992547409.93,5,"
    sheet = openpyxl.load_workbook(io.BytesIO(as_excel(("a", "b", "c", "d"), rows))).active
    assert sheet is not None
    cells = [(cell.value, cell.data_type) for cell in sheet[2]][:3]
    assert cells == [("=1+1", "s"), ("90071992547409.93", "s"), (5, "n")]


def test_an_id_leads_to_its_story(books: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(books, monkeypatch, STORY)
    assert "Ask for a record" in shown(app)
    app.text_input(key="id").set_value(small_edition.item_id("payout_bank", "broken")[:8]).run()
    text = shown(app)
    assert "1 of 1 leg broken" in text
    assert "ch_2,49.00,card 411111******1111" in text
    assert small_edition.CARD not in text
    assert "What happened" in text
    app.text_input(key="id").set_value("no such thing").run()
    assert "Nothing goes by this ID" in shown(app)
