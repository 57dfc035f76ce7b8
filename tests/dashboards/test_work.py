"""The work on breaks, and merchants: what the pages say, and that the desk's rules hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboards import small_edition
from tests.dashboards.test_pages import opened, shown
from tieout.decisions.desk import Desk
from tieout.decisions.record import Person
from tieout.decisions.views import SavedView, SavedViews
from tieout.settings import Workspace

BREAKS, MERCHANTS = "views/breaks.py", "views/merchants.py"
ANN = Person("ann", "analyst")


@pytest.fixture
def books(tmp_path: Path) -> Workspace:
    home = small_edition.workspace(tmp_path)
    small_edition.publish(home)
    return home


def test_the_work_list_has_every_open_break(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(books, monkeypatch, BREAKS)
    assert "10 open breaks put $15.00 at risk" in shown(app)
    (grid,) = (frame.value for frame in app.dataframe)
    # The euro is worth two dollars, so it comes first.
    assert list(grid["Difference"]) == ["€1.00"] * 5 + ["$1.00"] * 5
    app.selectbox(key="leg").select("Payout to bank").run()
    assert "2 breaks · $3.00 at risk" in shown(app)
    app.text_input(key="search").set_value("nowhere").run()
    assert "No break matches" in shown(app)


def test_what_was_decided_is_seen_before_the_next_run(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = small_edition.item_id("payment_ledger", "broken")
    desk = Desk(books)
    made = desk.propose("explain", ANN, [item], reason="timing")
    desk.propose("assign", ANN, [item], after={"owner": "ben"})
    app = opened(books, monkeypatch, BREAKS)
    (grid,) = (frame.value for frame in app.dataframe)
    assert sorted(grid["Decision"]) == [""] * 9 + ["Explain: next run"]
    assert sorted(grid["Owner"]) == [""] * 9 + ["ben"]
    assert "9 without an owner" in badges(app)
    desk.answer("revoke", ANN, made.decision.decision_id)
    app.run()
    (grid,) = (frame.value for frame in app.dataframe)
    assert list(grid["Decision"]) == [""] * 10
    app = opened(books, monkeypatch, BREAKS, view="Decisions")
    (grid,) = (frame.value for frame in app.dataframe)
    assert list(grid["State"]) == ["takes effect with the next run", "revoked"]


def badges(app: AppTest) -> str:
    """Badges are markdown to a test."""
    return "\n".join(part.value for part in app.markdown)


def test_saved_views_are_words_of_the_address(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = small_edition.item_id("payout_bank", "broken")
    Desk(books).propose("assign", ANN, [item], after={"owner": "Ben"})
    monkeypatch.setenv("TIEOUT_ACTOR", "ben")
    for view, number in (("Mine", 1), ("No owner", 9), ("Over 30 days", 0)):
        app = opened(books, monkeypatch, BREAKS, view=view)
        text = shown(app)
        assert (f"{number} break" in text) if number else ("No break matches" in text)
    app = opened(books, monkeypatch, BREAKS, value="From 100")
    assert "No break matches" in shown(app)


def work_on(app: AppTest, rows: list[int]) -> None:
    """Select rows of the grid, whose key carries what it shows."""
    key = app.dataframe[0].proto.id.split("-", 2)[2]
    app.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    app.run()


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()


def test_several_breaks_are_assigned_at_once_and_that_is_undone(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIEOUT_ACTOR", "ann")
    app = opened(books, monkeypatch, BREAKS)
    work_on(app, [0, 1, 2])
    app.button_group(key="kind_breaks").set_value("assign").run()
    press(app, "Assign 3")
    assert "3 decisions take effect with the next run" in app.success[0].value
    assert {s.decision.then["owner"] for s in Desk(books).standings()} == {"ann"}
    press(app, "Undo")
    assert {s.state for s in Desk(books).standings()} == {"revoked"}
    assert [s.answer.actor for s in Desk(books).standings() if s.answer] == ["ann"] * 3


def test_what_the_desk_refuses_is_said(books: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(books, monkeypatch, BREAKS)
    work_on(app, [0])
    app.button_group(key="kind_breaks").set_value("comment").run()
    press(app, "Comment")
    assert "to comment needs a note" in app.error[0].value
    assert Desk(books).standings() == []


def test_work_on_one_break_is_shown_beside_it(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = small_edition.item_id("payout_bank", "broken")
    Desk(books).attach(ANN, item, "letter.txt", b"We regret.", "from the bank")
    app = opened(books, monkeypatch, BREAKS, leg="Payout to bank", currency="USD")
    work_on(app, [0])
    text = shown(app)
    assert "Attach: letter.txt: from the bank" in text
    assert "ann, " in text
    press(app, "Revoke")
    assert Desk(books).standings()[0].state == "revoked"


def test_suggested_pairs_stand_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = small_edition.workspace(tmp_path)
    left, right = (small_edition.item_id("payout_bank", s) for s in ("in_transit", "broken"))
    small_edition.publish(
        home,
        extra=f"""
        insert into fct_suggestions by name
        select 'payout_bank' as leg, '{left}' as left_item_id, '{right}' as right_item_id,
            'below_threshold' as reason, 912000 as probability_ppm, 2 as lag_days,
            1 as candidate_count_left, 1 as candidate_count_right
        """,
    )
    app = opened(home, monkeypatch, BREAKS, view="Suggested pairs")
    assert "1 suggested pair" in badges(app)
    (grid,) = (frame.value for frame in app.dataframe)
    assert list(grid["Likelihood"]) == ["91.2%"]


def test_merchants_are_ranked_and_searched(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(books, monkeypatch, MERCHANTS)
    assert "2 merchants sold $2,400.00" in shown(app) or "2 merchants sold $2.40K" in shown(app)
    (grid,) = (frame.value for frame in app.dataframe)
    assert list(grid["Merchant"]) == ["mer_1", "mer_2"]
    app.selectbox(key="segment").select("Small").run()
    (grid,) = (frame.value for frame in app.dataframe)
    assert list(grid["Merchant"]) == ["mer_2"]
    app.text_input(key="search").set_value("zzz").run()
    assert "No merchant matches" in shown(app)


def test_a_view_is_saved_offered_and_removed(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    SavedViews.of(books).save(SavedView("ben", "<b>Fees", "fees", {}, is_shared=True))
    SavedViews.of(books).save(SavedView("ben", "Of a page that went", "gone", {}, is_shared=True))
    app = with_views(opened(books, monkeypatch, BREAKS, leg="Payout to bank"))
    app.text_input(key="name_it").set_value("Bank")
    next(button for button in app.button if button.label == "Save").click().run()
    assert "Saved as “Bank”" in shown(app)
    (own, shared) = links_to_views(app)
    assert own == '<a class="saved" href="./breaks?leg=Payout+to+bank" target="_self">Bank</a>'
    assert "&lt;b&gt;Fees</a> · ben" in shared
    app.button(key="remove_0_Bank").click().run()
    assert links_to_views(app) == [shared]


def test_a_view_without_a_name_says_what_is_missing(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = with_views(opened(books, monkeypatch, BREAKS))
    next(button for button in app.button if button.label == "Save").click().run()
    assert "needs a name" in shown(app)
    assert links_to_views(app) == []


def test_a_page_needs_no_store_of_views(books: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    text = books.config.read_text()
    named = 'decisions_uri_env = "NOBODY_SET_THIS"'
    books.config.write_text(text.replace('decisions_uri_env = ""', named))
    app = opened(books, monkeypatch)
    before = shown(app)
    assert "$15.00 of" in before
    assert "NOBODY_SET_THIS" not in before
    with_views(app)
    assert "$15.00 of" in shown(app)
    assert "saved views: the environment variable NOBODY_SET_THIS is not set" in shown(app)


def with_views(app: AppTest) -> AppTest:
    """The page with its views opened, which are asked for only then."""
    app.session_state["views"] = True
    return app.run()


def links_to_views(app: AppTest) -> list[str]:
    return [str(html.proto.body) for html in app.get("html") if "saved" in html.proto.body[:20]]
