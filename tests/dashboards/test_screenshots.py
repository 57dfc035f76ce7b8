"""The docs show every page of the router."""

from __future__ import annotations

from pathlib import Path

from dashboards.screenshots import SHOTS
from tests.dashboards.registry import pages

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"


def test_every_page_is_shown_in_the_docs() -> None:
    assert {shot.address.partition("?")[0] or "overview" for shot in SHOTS} == set(pages())
    assert {path.name for path in FOLDER.glob("*.png")} == {shot.name for shot in SHOTS}
