"""Saved views: theirs and what others share, in both stores; nothing of them is a decision."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.test_decisions import BOTH, use_postgres
from tieout.decisions.store import DecisionStore
from tieout.decisions.views import SavedView, SavedViews, ViewRefused
from tieout.settings import Workspace

CHOSEN = {"leg": "Payout to bank", "period": "Nov 2026"}


@pytest.fixture
def kept_in() -> str:
    return "sqlite"


@pytest.fixture
def store(
    kept_in: str,
    workspace: Workspace,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> SavedViews:
    if kept_in == "postgresql":
        use_postgres(workspace, request.getfixturevalue("postgres"), monkeypatch)
        engine = sa.create_engine(SavedViews.of(workspace).database.url)
        with engine.begin() as connection:
            connection.exec_driver_sql("drop table if exists saved_views")
        engine.dispose()
    return SavedViews.of(workspace)


@BOTH
def test_a_view_comes_back_as_it_was_saved(store: SavedViews) -> None:
    view = SavedView("ann", "Bank, late", "breaks", CHOSEN)
    store.save(view)
    assert store.offered_to("ann") == [view]
    assert store.offered_to("ben") == []


@BOTH
def test_ones_own_come_first_and_shared_ones_are_offered_to_all(store: SavedViews) -> None:
    store.save(SavedView("ann", "A of Ann", "breaks", {}))
    store.save(SavedView("ann", "b of Ann", "flow", CHOSEN, is_shared=True))
    store.save(SavedView("ben", "Z of Ben", "fees", {}))
    assert [view.name for view in store.offered_to("ben")] == ["Z of Ben", "b of Ann"]
    assert [view.name for view in store.offered_to("ann")] == ["A of Ann", "b of Ann"]


@BOTH
def test_a_name_is_of_one_view_of_a_person(store: SavedViews) -> None:
    store.save(SavedView("ben", "Late", "fees", {}, is_shared=True))
    store.save(SavedView("ann", "Late", "breaks", {}))
    store.save(SavedView("ann", "  Late ", "flow", CHOSEN))
    assert store.offered_to("ann") == [
        SavedView("ann", "Late", "flow", CHOSEN),
        SavedView("ben", "Late", "fees", {}, is_shared=True),
    ]
    store.remove("ann", "Late")
    store.remove("ann", "Late")
    assert [view.owner for view in store.offered_to("ann")] == ["ben"]


@BOTH
@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_view_without_a_name_is_refused(store: SavedViews, name: str) -> None:
    with pytest.raises(ViewRefused, match="60 characters"):
        store.save(SavedView("ann", name, "breaks", {}))
    assert store.offered_to("ann") == []


def test_who_has_too_many_is_told_to_remove_one(
    store: SavedViews, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tieout.decisions.views._MOST", 2)
    for name in ("a", "b", "b"):  # the third takes the place of the second
        store.save(SavedView("ann", name, "breaks", {}))
    with pytest.raises(ViewRefused, match="remove one"):
        store.save(SavedView("ann", "c", "breaks", {}))
    assert [view.name for view in store.offered_to("ann")] == ["a", "b"]


@BOTH
def test_a_view_is_no_decision(store: SavedViews, workspace: Workspace) -> None:
    store.save(SavedView("ann", "Late", "breaks", {}))
    assert DecisionStore.of(workspace).all() == []


def test_looking_makes_no_file(store: SavedViews, workspace: Workspace) -> None:
    assert store.offered_to("ann") == []
    store.remove("ann", "Late")
    assert not Path(workspace.views).exists()
