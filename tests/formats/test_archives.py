"""Archives and workbooks: every member is read like a file of its own, or named."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Ingest
from tests.formats.tabular_parts import FIXTURES, MODEST, Reading, damaged
from tieout.formats import archives, as_container, by_format
from tieout.formats.base import Head, UnreadableFile
from tieout.ingest import FileAccount
from tieout.settings import FileRule

REFUNDS = (FIXTURES / "own" / "refunds.jsonl").read_bytes()
STATEMENT = (FIXTURES / "mt940" / "german_pages.sta").read_bytes()


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def workbook(*rows: list[Any], **sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "Report"
    for row in rows:
        book.active.append(row)
    for name, content in sheets.items():
        sheet = book.create_sheet(name)
        for row in content:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def read(ingesting: Ingest, name: str, data: bytes, **run: Any) -> dict[str, FileAccount]:
    ingesting.drop(name, data)
    return {account.delivery.origin: account for account in ingesting.run(**run)}


def quarantined(ingesting: Ingest) -> Iterator[tuple[int, str, str]]:
    import pyarrow.parquet as pq

    for path in sorted((ingesting.canonical.root / "quarantine").rglob("*.parquet")):
        for row in pq.read_table(path).to_pylist():
            yield row["source_line"], row["raw_text"], row["reason"]


def test_members_are_read_like_files_of_their_own(ingesting: Ingest) -> None:
    accounts = read(ingesting, "day.zip", zipped(**{"a/refunds": REFUNDS, "statement": STATEMENT}))
    assert {origin: account.format for origin, account in accounts.items()} == {
        "day.zip": "zip_archive",
        "day.zip!a/refunds": "own_refunds",
        "day.zip!statement": "mt940",
    }
    archive = accounts["day.zip"]
    assert (archive.records, archive.structural, archive.status) == (2, 2, "read")
    member = accounts["day.zip!statement"].delivery
    assert member.container == archive.delivery.sha256
    assert ingesting.landing.path(member.sha256).read_bytes() == STATEMENT
    assert ingesting.run() == []


def test_gzip_reads_like_the_file_inside(ingesting: Ingest, tmp_path: Path) -> None:
    accounts = read(ingesting, "in/refunds.jsonl.gz", gzip.compress(REFUNDS))
    inside = accounts["in/refunds.jsonl.gz!refunds.jsonl"]
    assert (inside.format, inside.rows["refunds"]) == ("own_refunds", inside.lines)
    # The same content plain is the same content: nothing is read twice.
    assert list(read(ingesting, "refunds.jsonl", REFUNDS)) == []


def test_no_member_is_skipped_in_silence(
    ingesting: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "FREE_BYTES", 1000)
    data = zipped(
        **{"folder/": b"", "__MACOSX/x": b"?"},
        good=REFUNDS,
        inner=zipped(x=b"1"),
        packed=gzip.compress(b"x"),
        bomb=b"0" * 5_000_000,
        damaged=STATEMENT,
        unknown=b"dear colleague",
        empty=b"",
    )
    start = data.index(b"damaged") + len(b"damaged") + 20
    data = data[:start] + b"\xff\xff\xff\xff" + data[start + 4 :]
    accounts = read(ingesting, "x.zip", data)
    archive = accounts["x.zip"]
    assert (archive.records, archive.quarantined, archive.structural) == (9, 4, 5)
    assert [finding.code for finding in archive.findings] == ["member_not_read"]
    reasons = {text: reason for _, text, reason in quarantined(ingesting)}
    assert reasons["inner"] == "zip within an archive: send the zip file itself"
    assert reasons["packed"] == "gzip within an archive: send the gzip file itself"
    assert reasons["bomb"] == "it unpacks to more than 200 times its size"
    assert reasons["damaged"].startswith("the member is damaged")
    assert accounts["x.zip!good"].lines > 0
    assert "not recognised" in str(accounts["x.zip!unknown"].reason)
    assert accounts["x.zip!empty"].records == 0


def test_limits_and_damage_of_a_whole_archive(
    ingesting: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MEMBERS_MAX", 1)
    accounts = read(ingesting, "many.zip", zipped(a=REFUNDS, b=STATEMENT))
    assert "has 2 members; 1 are allowed" in str(accounts["many.zip"].reason)
    monkeypatch.setattr(archives, "BYTES_MAX", 100)
    accounts = read(ingesting, "long.gz", gzip.compress(REFUNDS))
    assert list(accounts) == ["many.zip", "long.gz"] or set(accounts) == {"many.zip", "long.gz"}
    assert "the archive unpacks to more than is allowed" in [
        r for _, _, r in quarantined(ingesting)
    ]
    accounts = read(ingesting, "cut.gz", gzip.compress(STATEMENT)[:-20])
    assert "the gzip file is damaged" in str(accounts["cut.gz"].reason)
    accounts = read(ingesting, "cut.zip", zipped(a=STATEMENT)[:-20])
    assert "the zip archive is damaged" in str(accounts["cut.zip"].reason)


def test_a_rule_for_an_archive_is_one_for_its_members(ingesting: Ingest) -> None:
    rule = FileRule(files="eu/*.zip", format="own_refunds", source="eu")
    accounts = read(ingesting, "eu/r.zip", zipped(r=REFUNDS), rules=(rule,))
    assert accounts["eu/r.zip"].format == "zip_archive"
    assert accounts["eu/r.zip!r"].source == "eu"


COSTS = [
    ["period", "cost_driver", "currency", "amount", "cost_id", "note"],
    [date(2026, 4, 1), "cards", "EUR", 1234.5, "007", None],
    [],
    ["2026-05", "cards", "EUR", 0.1, 8, datetime.fromisoformat("2026-04-02T10:30:00")],
    ["2026-06", "cards", "EUR", "1,5", 12302025304567890123, True],
]


def test_a_workbook_reads_sheet_by_sheet(ingesting: Ingest) -> None:
    data = workbook(*COSTS, Empty=[], Notes=[["dear colleague"]])
    accounts = read(ingesting, "costs.xlsx", data)
    assert accounts["costs.xlsx"].records == 3
    report = accounts["costs.xlsx!Report.csv"]
    assert (report.format, report.records, report.structural) == ("own_costs", 5, 2)
    assert (report.lines, report.quarantined) == (2, 1)
    assert "not recognised" in str(accounts["costs.xlsx!Notes.csv"].reason)
    text = ingesting.landing.path(report.delivery.sha256).read_text().splitlines()
    assert text[1:] == [
        "2026-04-01,cards,EUR,1234.5,007,",
        "",
        "2026-05,cards,EUR,0.1,8,2026-04-02 10:30:00",
        '2026-06,cards,EUR,"1,5",1.23020253045679E+19,TRUE',
    ]


def test_what_a_spreadsheet_has_destroyed_is_named(ingesting: Ingest) -> None:
    accounts = read(ingesting, "costs.xlsx", workbook(*COSTS))
    (lost,) = accounts["costs.xlsx"].findings
    assert (lost.code, lost.line) == ("leading_zeros_lost", 4)
    csv = (
        b"refund_id,payment_id,amount_minor,currency,created_at\n"
        b"r1,p1,1,EUR,4/2/2026 10:30\nr2,p1,1,EUR,46114.4375\n"
    )
    read(ingesting, "saved.csv", csv)
    reasons = {line: reason for line, text, reason in quarantined(ingesting) if text[:1] == "r"}
    assert "which is the day and which the month is not known" in reasons[2]
    assert "it may be a spreadsheet's number of a day" in reasons[3]


def test_a_workbook_in_an_archive_is_read_too(ingesting: Ingest) -> None:
    accounts = read(ingesting, "m.zip", zipped(book=workbook(*COSTS)))
    assert accounts["m.zip!book!Report.csv"].format == "own_costs"
    assert accounts["m.zip!book"].format == "xlsx_workbook"


def test_other_documents_are_refused(ingesting: Ingest) -> None:
    data = zipped(mimetype=b"application/vnd.oasis.opendocument.text", content=b"x")
    accounts = read(ingesting, "letter.odt", data)
    assert "a document that is no spreadsheet" in str(accounts["letter.odt"].reason)


CONTAINERS = {
    "zip_archive": zipped(refunds=REFUNDS, statement=STATEMENT),
    "gzip_file": gzip.compress(REFUNDS),
    "xlsx_workbook": workbook(*COSTS, More=COSTS),
}


def test_an_archive_made_for_an_unknown_unpacker_is_refused(tmp_path: Path) -> None:
    data = bytearray(zipped(refunds=REFUNDS))
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 6] = 148  # the version of the format that is needed to unpack, as 14.8
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    assert as_container(Head.of(path, "x.zip")) is by_format("zip_archive")
    with pytest.raises(UnreadableFile, match=r"damaged.*14\.8"):
        list(by_format("zip_archive").read(path))


@pytest.mark.parametrize("kind", CONTAINERS)
@MODEST
@given(st.data())
def test_damage_is_contained(kind: str, data: st.DataObject) -> None:
    original = CONTAINERS[kind]
    container = by_format(kind)
    assert as_container(Head("x", original)) is container
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        path.write_bytes(data.draw(damaged(original)))
        try:
            parts = list(container.read(path))
        except UnreadableFile:
            return
    Reading(parts)
