from datetime import date
from pathlib import Path

import pytest

from tieout.landing import InboxUnreadable, Landing, inbox_files

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


def test_links_are_followed_and_a_link_back_ends(inbox: Path, tmp_path: Path) -> None:
    away = tmp_path / "sftp"
    (away / "sub").mkdir(parents=True)
    for name in ("b.csv", "sub/a.csv"):
        (away / name).write_text(name)
    (inbox / "linked").symlink_to(away)
    (inbox / "one.csv").symlink_to(away / "b.csv")
    (inbox / "self").symlink_to(inbox)
    (away / "sub" / "back").symlink_to(inbox)
    found = [path.relative_to(inbox).as_posix() for path in inbox_files(inbox)]
    assert found == ["linked/b.csv", "linked/sub/a.csv", "one.csv"]


def test_what_cannot_be_looked_into_is_said(inbox: Path, tmp_path: Path) -> None:
    (inbox / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    with pytest.raises(InboxUnreadable, match=r"gone\.csv is a link to .*nowhere\.csv, "):
        list(inbox_files(inbox))
    with pytest.raises(InboxUnreadable, match="cannot be looked into: No such file"):
        list(inbox_files(tmp_path / "no inbox"))
