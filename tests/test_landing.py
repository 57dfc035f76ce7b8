from datetime import date
from pathlib import Path

import pytest

from tieout.landing import Landing, inbox_files

DAY = date(2026, 1, 5)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox" / "a").mkdir(parents=True)
    return tmp_path / "inbox"


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path / "landing")


def test_bytes_are_kept_under_their_hash_and_the_inbox_stays(inbox: Path, landing: Landing) -> None:
    (inbox / "a" / "x.csv").write_bytes(b"one")
    (delivery,) = landing.land_inbox(inbox, DAY)
    assert landing.path(delivery.sha256).read_bytes() == b"one"
    assert (inbox / "a" / "x.csv").exists()
    assert delivery.origin == "a/x.csv"


def test_the_same_bytes_twice_change_nothing(inbox: Path, landing: Landing) -> None:
    (inbox / "x").write_bytes(b"one")
    landing.land_inbox(inbox, DAY)
    before = landing.contents()
    assert landing.land_inbox(inbox, date(2026, 1, 6)) == []
    (inbox / "again").write_bytes(b"one")
    (again,) = landing.land_inbox(inbox, date(2026, 1, 6))
    assert landing.contents() == before  # the first delivery decides
    assert again.arrival_day == "2026-01-06"


def test_a_changed_file_is_a_new_content(inbox: Path, landing: Landing) -> None:
    (inbox / "x").write_bytes(b"one")
    landing.land_inbox(inbox, DAY)
    (inbox / "x").write_bytes(b"other")
    landing.land_inbox(inbox, DAY)
    assert len(landing.contents()) == 2


def test_unfinished_and_hidden_files_are_left_alone(inbox: Path) -> None:
    for name in ("x.csv.part", ".DS_Store", "~$book.xlsx", "y.tmp"):
        (inbox / name).write_bytes(b"x")
    (inbox / ".hidden").mkdir()
    (inbox / ".hidden" / "z.csv").write_bytes(b"x")
    assert list(inbox_files(inbox)) == []


def test_a_torn_log_line_is_a_delivery_that_never_happened(inbox: Path, landing: Landing) -> None:
    (inbox / "x").write_bytes(b"one")
    landing.land_inbox(inbox, DAY)
    whole = landing.log.read_bytes()
    (inbox / "y").write_bytes(b"two")
    landing.land_inbox(inbox, DAY)
    landing.log.write_bytes(landing.log.read_bytes()[:-20])  # as a crash would leave it
    assert [d.origin for d in landing.deliveries()] == ["x"]
    (landed,) = landing.land_inbox(inbox, DAY)
    assert landed.origin == "y"
    assert landing.log.read_bytes().startswith(whole)
    assert [d.origin for d in landing.deliveries()] == ["x", "y"]
