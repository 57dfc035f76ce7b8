"""Long work tells how far it is, is stopped when it is cancelled, and leaves nothing behind."""

from __future__ import annotations

import csv
import gc
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboards import data, identity, work
from dashboards.components import export, running
from tests.dashboards import small_edition
from tests.dashboards.test_pages import opened, shown
from tieout.settings import Workspace

ENDLESS = "select count(*) from range(1000000000) as a, range(1000000) as b"
# So many rows that writing them takes seconds while a test looks on.
MANY = {
    kind: f"""
insert into fct_payment_attempts_monthly by name
select a.* replace (range as attempts)
from (from fct_payment_attempts_monthly limit 1) as a, range({rows})
"""
    for kind, rows in {"csv": 1_000_000, "xlsx": 100_000}.items()
}
TABLE = "fct_payment_attempts_monthly"


@pytest.fixture
def books(tmp_path: Path) -> Workspace:
    home = small_edition.workspace(tmp_path)
    small_edition.publish(home)
    return home


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where files are made in this test."""
    folder = tmp_path / "made"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def until(is_so: Callable[[], object], seconds: float = 20) -> None:
    """Wait for something that another thread does."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def endless(home: Workspace) -> object:
    return data.select(home, data.current_edition_id(home) or "", ENDLESS, 1)


def test_a_query_is_interrupted_when_it_is_cancelled(books: Workspace) -> None:
    asked = work.Work(partial(endless, books))
    assert not asked.wait(0.5)
    asked.cancel()
    assert asked.wait(5)
    assert isinstance(asked.error, work.Stopped)
    assert str(asked.error).startswith("Cancelled after")
    edition_id = data.current_edition_id(books) or ""
    assert data.select(books, edition_id, "select 1", 1) == (["1"], [(1,)])


def test_a_query_is_interrupted_when_its_time_is_over(books: Workspace) -> None:
    asked = work.Work(partial(endless, books), limit_seconds=1)
    assert asked.wait(10)
    assert str(asked.error) == "Stopped after 1 s, which is as long as it may take"


def test_work_that_nobody_holds_any_more_is_stopped() -> None:
    seen: list[BaseException] = []

    def count_on() -> None:
        try:
            for number in range(10**9):
                time.sleep(0.01)
                work.tell(number)
        except work.Stopped as stopped:
            seen.append(stopped)

    held = [work.Work(count_on)]
    until(lambda: held[0].rows > 2)
    held.clear()
    gc.collect()
    until(lambda: seen)


def test_work_waits_for_its_turn_and_can_be_cancelled_there() -> None:
    def wait() -> None:
        while True:
            time.sleep(0.01)
            work.tell(1)

    running_now = [work.Work(wait) for _ in range(4)]
    until(lambda: all(one.rows for one in running_now))
    waiting = work.Work(lambda: "done")
    assert not waiting.wait(0.5)
    waiting.cancel()
    assert waiting.wait(5)
    for one in running_now:
        one.cancel()
    assert all(one.wait(5) for one in running_now)
    after = work.Work(lambda: "done")
    assert after.wait(5)
    assert after.result == "done"


def test_without_work_around_it_nothing_is_told_or_stopped() -> None:
    work.tell(1, of=2)
    assert export.as_csv(["n"], ([n] for n in range(2_500))).count("\n") == 2_501


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_cancelled_file_is_not_left_half_written(kind: str, folder: Path, tmp_path: Path) -> None:
    home = small_edition.workspace(tmp_path)
    edition = small_edition.publish(home, extra=MANY[kind])
    write = partial(data.export, home, edition, TABLE, None, None, kind)
    asked = work.Work(partial(export._make, export.File(kind, f"table.{kind}", write)))
    until(lambda: asked.rows)
    assert asked.of is not None
    assert 0 < asked.rows < asked.of
    asked.cancel()
    assert asked.wait(10)
    assert isinstance(asked.error, work.Stopped)
    assert list(folder.iterdir()) == []


def test_a_list_is_cancelled_between_its_rows(folder: Path) -> None:
    rows = (("a", number) for number in range(10**9))
    file = export.File("csv", "list.csv", lambda path: path.write_text(export.as_csv("ab", rows)))
    asked = work.Work(partial(export._make, file))
    until(lambda: asked.rows > 10_000)
    asked.cancel()
    assert asked.wait(5)
    assert list(folder.iterdir()) == []


def test_a_small_file_is_made_and_goes_again(folder: Path) -> None:
    file = export.File("csv", "list.csv", lambda path: path.write_text("a,b"))
    assert export._bytes(file) == b"a,b"
    assert list(folder.iterdir()) == []


def exported(home: Workspace, monkeypatch: pytest.MonkeyPatch, at_once: dict[str, int]) -> AppTest:
    monkeypatch.setattr(export, "_ROWS_AT_ONCE", at_once)
    return opened(home, monkeypatch, "views/success.py", look="Cuts")


BUTTON = f"export_{TABLE}_csv_begin"


def test_what_is_small_is_still_one_click(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(books, monkeypatch, "views/success.py", look="Cuts")
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels == ["Export CSV", "Export Excel"]
    assert BUTTON not in {button.key for button in app.button}


def test_a_large_table_is_made_and_then_saved(
    books: Workspace, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    app = exported(books, monkeypatch, {"csv": 0, "xlsx": 0})
    app.button(key=BUTTON).click().run()
    assert not app.exception
    (label,) = (b.proto.label for b in app.get("download_button") if "Save" in b.proto.label)
    assert label == "Save CSV, 0.0 MB"
    (path,) = folder.rglob("*.csv")
    with path.open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 4
    # Another period is another file: the first one goes.
    app.selectbox(key="period").select("Nov 2026").run()
    assert app.button(key=BUTTON).label == "Export CSV"
    gc.collect()
    assert list(folder.iterdir()) == []


def test_a_large_export_is_cancelled_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    home = small_edition.workspace(tmp_path)
    small_edition.publish(home, extra=MANY["csv"])
    app = exported(home, monkeypatch, {"csv": 10, "xlsx": 10})
    monkeypatch.setattr(running, "QUICK_SECONDS", 0.5)
    app.button(key=BUTTON).click().run()
    cancel = app.button(key=f"cancel_export_{TABLE}_csv")
    monkeypatch.setattr(running, "QUICK_SECONDS", 20)
    cancel.click().run()
    assert not app.exception
    assert "Cancelled after" in shown(app)
    assert "no file was kept" in shown(app)
    assert app.button(key=BUTTON).label == "Export CSV"
    assert list(folder.iterdir()) == []


def test_a_file_that_cannot_be_made_says_why(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = exported(books, monkeypatch, {"csv": 0, "xlsx": 0})

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(data, "export", fail)
    app.run()
    app.button(key=BUTTON).click().run()
    assert not app.exception
    assert "The log of the server says why" in shown(app)
    assert "disk" not in shown(app)
    monkeypatch.undo()


def test_sql_is_cancelled_and_asked_again(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(books, monkeypatch, "views/audit.py", look="SQL")
    monkeypatch.setattr(running, "QUICK_SECONDS", 0.3)
    app.text_area(key="sql").set_value(ENDLESS)
    app.button[-1].click().run()
    assert "Running, for 60 s at most" in shown(app)
    monkeypatch.setattr(running, "QUICK_SECONDS", 20)
    app.button(key="cancel_sql").click().run()
    assert "Cancelled after" in shown(app)
    app.text_area(key="sql").set_value("select count(*) as breaks from fct_breaks")
    next(button for button in app.button if button.label == "Run").click().run()
    assert app.dataframe[-1].value["breaks"].tolist() == ["10"]
    assert "Cancelled" not in shown(app)


def test_a_file_is_made_as_whoever_pressed_its_button(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = identity.person(books)
    seen = identity.carried(books, lambda: identity.person(books))
    monkeypatch.setattr(identity, "sign_in", lambda _: pytest.fail("asked the session"))
    asked = work.Work(seen)
    assert asked.wait(5)
    assert asked.result == who
