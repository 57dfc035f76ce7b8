"""Every page of the router in every state: on data, with nothing in the period, on an empty
edition, on none, and when a query fails. What somebody with a scope sees is in `test_identity`.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import dashboards.data
from assets.manifest import manifest
from dashboards.components import running
from tests.dashboards import small_edition
from tests.dashboards.registry import pages
from tieout.runs import Run, RunLog, Step
from tieout.settings import Workspace

APP = str(Path(dashboards.data.__file__).with_name("app.py"))
PAGES = tuple(f"views/{page}.py" for page in pages())
OVERVIEW, RECONCILIATION, RECORD = (
    f"views/{page}.py" for page in ("overview", "reconciliation", "record")
)
BROKEN = small_edition.item_id("payment_settlement", "broken")


@pytest.fixture(scope="session")
def books(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with the small edition."""
    home = small_edition.workspace(tmp_path_factory.mktemp("books"))
    small_edition.publish(home)
    return home


def opened(
    home: Workspace, monkeypatch: pytest.MonkeyPatch, page: str = "", **address: str
) -> AppTest:
    monkeypatch.setenv("TIEOUT_HOME", str(home.home))
    # AppTest does not look again by itself, as a browser does while something long runs.
    monkeypatch.setattr(running, "QUICK_SECONDS", 20)
    app = AppTest.from_file(APP, default_timeout=20)
    for key, value in address.items():
        app.query_params[key] = value
    app.run()
    if page and page != OVERVIEW:
        app.switch_page(page)
        for key, value in address.items():
            app.query_params[key] = value
        app.run()
    assert not app.exception, app.exception[0].message
    return app


def shown(app: AppTest) -> str:
    """Everything that a reader can read."""
    parts: list[Any] = [*app.title, *app.markdown, *app.caption, *app.code]
    parts += list(app.metric)
    texts = [str(getattr(part, "label", "")) + " " + str(part.value) for part in parts]
    return "\n".join(texts)


def test_overview_states_what_does_not_reconcile(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(books, monkeypatch)
    # Five breaks of $1.00 and five of €1.00, which is $2.00.
    assert "$15.00 of $2,250.00 checked does not reconcile" in shown(app)
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Match rate by value"] == "33.333%"
    assert figures["In transit"] == "$750.00"
    assert figures["Open breaks"] == "10"
    assert figures["Gross payment volume"] == "$36.0K"


def test_a_month_is_compared_with_the_one_before(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(books, monkeypatch, period="Nov 2026")
    deltas = {metric.label: metric.delta for metric in app.metric}
    assert deltas["Open breaks"] == "+10"
    assert deltas["Match rate by value"] == "-10000.0 bps"
    assert deltas["In transit"] == "+$750.00"


def test_one_currency_is_shown_in_its_own_amounts(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "€5.00 of €750.00" in shown(opened(books, monkeypatch, currency="EUR"))


def test_every_cent_is_accounted_for_when_nothing_is_broken(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(books, monkeypatch, period="Oct 2026")
    assert "Every cent is accounted for" in shown(app)
    assert "No open breaks" in shown(app)


def test_reconciliation_lists_the_broken_items_of_a_leg(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(books, monkeypatch, RECONCILIATION, leg="Payout to bank")
    legs, items = (frame.value for frame in app.dataframe)
    assert list(legs["Conservation"]) == ["✓ holds"] * 5
    assert list(items["What"]) == ["Missing in bank"] * 2
    # The euro is worth two dollars, so it comes first.
    assert list(items["Difference"]) == ["€1.00", "$1.00"]


def test_record_shows_the_original_line_without_the_card_number(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(books, monkeypatch, RECORD, item=BROKEN)
    assert "$1.00 more in payments than in settlement" in shown(app)
    assert f"`{small_edition.ORIGIN}` line 3" in shown(app)
    assert "ch_2,49.00,card 411111******1111" in shown(app)
    assert small_edition.CARD not in shown(app)


def test_a_record_that_does_not_exist_says_so(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Not in this edition" in shown(opened(books, monkeypatch, RECORD, item="nothing"))


def test_an_original_that_is_gone_does_not_hide_the_item(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = small_edition.workspace(tmp_path)
    small_edition.publish(home)
    for path in (home.landing / "sha256").rglob("*"):
        if path.is_file():
            path.unlink()
    app = opened(home, monkeypatch, RECORD, item=BROKEN)
    assert "no longer in the landing" in shown(app)


# What a page says instead of figures.
NOTICES = re.compile(
    "Nothing happened here|Nothing to reconcile|Not in this edition"
    "|No metrics yet|No file has arrived|No run has been noted|No revenue here"
    "|no open break|No merchant sold|No money flow|No payout in this period"
    "|Ask for a record|No payment was attempted|No cost or volume|The ledger is empty"
    "|No fee was compared|Nothing was disputed|Nothing was exchanged"
)
# A month that the edition knows of, and in which there is nothing but what one page is about.
QUIET = """
insert into fct_cost_per_volume_monthly by name
select date '2026-08-01' as month, 100 as cost_minor, 0 as volume_minor,
    'USD' as reporting_currency;
insert into fct_success_rates_monthly by name
select date '2026-07-01' as month, 'stripe' as processor, 1 as valid_attempts,
    1 as authorised_attempts, date '2026-08-14' as mature_on, true as is_mature;
insert into fct_revenue_monthly by name
select date '2026-07-01' as month, 'USD' as currency, 0 as gross_volume_minor,
    'USD' as reporting_currency
"""
# These show the whole edition, its workspace or one record of it, whatever the period.
WITHOUT_PERIOD = {
    f"views/{page}.py" for page in ("audit", "flow", "quality", "pipeline", "record", "story")
}


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace in which every page has something to show, and a month in which none has."""
    home = small_edition.workspace(tmp_path_factory.mktemp("full"))
    small_edition.publish(home, extra=f"{small_edition.FEES}; {QUIET}")
    home.definitions.parent.mkdir(parents=True)
    shutil.copy(manifest().with_name("semantic_manifest.json"), home.definitions)
    step = Step("warehouse", 29.0, True)
    RunLog(home.runs).append(
        Run("0001-0000", "daily", "2026-11-22", "2026-11-22T01:00:00+00:00", 30.0, (step,))
    )
    return home


@pytest.mark.parametrize("page", PAGES)
def test_a_page_with_data_has_a_title_and_shows_it(
    page: str, full: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(full, monkeypatch, page, item=BROKEN, id=BROKEN)
    text = shown(app)
    assert len(app.title) == 1
    assert "could not be shown" not in text
    assert not NOTICES.search(text)
    assert app.metric or app.dataframe or "line 3" in text


@pytest.mark.parametrize("page", sorted(set(PAGES) - WITHOUT_PERIOD))
def test_a_period_in_which_nothing_happened_says_so(
    page: str, full: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = "Jul 2026" if page == "views/cost.py" else "Aug 2026"
    app = opened(full, monkeypatch, page, period=quiet)
    assert app.selectbox(key="period").value == quiet
    assert NOTICES.search(shown(app))


def test_costs_without_any_volume_are_told(
    full: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = shown(opened(full, monkeypatch, "views/cost.py", period="Aug 2026"))
    assert "could not be shown" not in text
    assert "$1.00" in text


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_edition_says_what_it_lacks(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = small_edition.workspace(tmp_path)
    small_edition.publish(home, is_empty=True)
    app = opened(home, monkeypatch, page)
    assert NOTICES.search(shown(app))


@pytest.mark.parametrize("page", PAGES)
def test_without_an_edition_the_page_says_what_to_run(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(small_edition.workspace(tmp_path), monkeypatch, page)
    assert "Nothing has been published yet" in shown(app)
    assert f"tieout run --home {tmp_path}" in shown(app)


def test_without_a_workspace_the_page_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(Workspace(tmp_path / "nowhere"), monkeypatch)
    assert "tieout init" in shown(app)


@pytest.mark.parametrize("page", PAGES)
def test_what_goes_wrong_is_a_reference_and_never_a_traceback(
    page: str,
    books: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(dashboards.data, "rows", fail)
    app = opened(books, monkeypatch, page)
    text = shown(app)
    reference = re.search(r"reference `([0-9a-f]{8})`", text)
    assert reference
    assert reference[1] in caplog.text
    assert "secret" not in text
    assert "Traceback" not in text


def test_a_publish_is_seen_in_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = small_edition.workspace(tmp_path)
    first = small_edition.publish(home)
    app = opened(home, monkeypatch)
    assert "$15.00 of" in shown(app)
    mended = "delete from fct_breaks where leg = 'payout_bank'"
    second = small_edition.publish(home, extra=mended)
    assert first.edition_id != second.edition_id
    assert "$12.00 of" in shown(app.run())
    older = f"{first.as_of} {first.edition_id[:6]}"
    assert "$15.00 of" in shown(app.selectbox(key="edition").select(older).run())


def test_an_address_with_a_wrong_value_is_an_address_without_it(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(books, monkeypatch, currency="XXX", period="soon", edition="nine")
    assert "$15.00 of $2,250.00" in shown(app)


def test_a_workspace_that_vanishes_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = small_edition.workspace(tmp_path / "w")
    small_edition.publish(home)
    app = opened(home, monkeypatch)
    shutil.rmtree(home.home)
    text = shown(app.run())
    assert "No workspace is open" in text
    assert "Traceback" not in text


def test_a_table_of_an_edition_that_is_damaged_is_a_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    home = small_edition.workspace(tmp_path)
    small_edition.publish(home)
    for path in (home.editions / "tables").glob("*/*.parquet"):
        path.write_bytes(b"damaged")
    text = shown(opened(home, monkeypatch))
    reference = re.search(r"reference `([0-9a-f]{8})`", text)
    assert reference
    assert reference[1] in caplog.text
    assert "duckdb" not in text
