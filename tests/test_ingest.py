"""The ingest: every record accounted for, nothing half-written, the same in any order."""

import shutil
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import DAY, Ingest
from tieout import ingest as module
from tieout.contracts import ALL_SCHEMAS, FULL_EXPORT, REFUNDS
from tieout.formats.base import Part, Quarantined, Records, Rows, Structural
from tieout.settings import FileRule, Workspace

REFUNDS_CSV = b"""refund_id,payment_id,amount_minor,currency,created_at,note
r1,p1,100,USD,2026-01-02T10:00:00Z,first
r2,p1,oops,USD,2026-01-02T10:00:00Z,bad amount
r3,p2,300,JPY,2026-01-02T10:00:00+09:00,
"""


def rows(ingesting: Ingest, table: str) -> list[dict[str, object]]:
    files = ingesting.canonical.files(table)
    with duckdb.connect() as connection:
        cursor = connection.execute(f"select * from read_parquet('{files}') order by all")
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_records_are_canonical_quarantined_or_structural(ingesting: Ingest) -> None:
    ingesting.drop("refunds.csv", REFUNDS_CSV)
    (account,) = ingesting.run()
    assert (account.records, account.lines, account.quarantined, account.structural) == (4, 2, 1, 1)
    assert account.status == "partly_read"
    (bad,) = rows(ingesting, "quarantine")
    assert bad["source_line"] == 3
    assert "oops" in str(bad["raw_text"])
    assert "amount_minor" in str(bad["reason"])
    good = rows(ingesting, "refunds")
    assert [row["source_line"] for row in good] == [2, 4]
    assert good[0]["extra"] == '{"note":"first"}'
    assert {row["source_file_sha256"] for row in good} == {account.delivery.sha256}


def test_a_record_has_the_same_id_in_every_file_and_format(ingesting: Ingest) -> None:
    ingesting.drop("a.csv", REFUNDS_CSV)
    ingesting.drop(
        "b.jsonl",
        b'{"refund_id": "r1", "payment_id": "p1", "amount_minor": 100, "currency": "USD",'
        b' "created_at": "2026-01-02T10:00:00Z"}\n',
    )
    ingesting.run()
    ids = [row["record_id"] for row in rows(ingesting, "refunds") if row["refund_id"] == "r1"]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_what_is_not_recognised_is_named_and_kept(ingesting: Ingest) -> None:
    ingesting.drop("notes.txt", b"dear colleague, card 4111 1111 1111 1111 was charged")
    (account,) = ingesting.run()
    assert account.status == "unreadable"
    assert account.records == account.quarantined == 1
    (line,) = rows(ingesting, "quarantine")
    assert "not recognised" in str(line["reason"])
    assert "4111 1111 1111 1111" not in str(line)


def test_an_empty_file_has_no_records(ingesting: Ingest) -> None:
    ingesting.drop("empty.jsonl", b"")
    (account,) = ingesting.run()
    assert (account.status, account.records) == ("read", 0)
    assert [finding.code for finding in account.findings] == ["empty_file"]


def test_a_rule_says_what_a_file_is(ingesting: Ingest) -> None:
    ingesting.drop("eu/refunds.csv", REFUNDS_CSV)
    (account,) = ingesting.run((FileRule(files="eu/*", format="own_refunds", source="eu"),))
    assert account.source == "eu"
    assert {row["source"] for row in rows(ingesting, "refunds")} == {"eu"}


def test_card_numbers_are_truncated_in_rows_and_quarantine(ingesting: Ingest) -> None:
    number = b"4111111111111111"
    ingesting.drop("r.csv", REFUNDS_CSV.replace(b"first", number).replace(b"bad amount", number))
    (account,) = ingesting.run()
    assert number.decode() not in str(rows(ingesting, "refunds") + rows(ingesting, "quarantine"))
    assert "card_number" in [finding.code for finding in account.findings]


class LosingReader:
    """Splits a file into three records and tells of two."""

    format, version, source, title = "own_refunds", 1, "refunds", "loses a record"

    def recognises(self, _head: object) -> bool:
        return True

    def read(self, _path: Path) -> Iterator[Part]:
        yield Records(3)
        yield Structural(1)
        yield Quarantined.one(2, "x", "bad")


class BreakingReader(LosingReader):
    """Yields a row that has no value for a required column."""

    def read(self, _path: Path) -> Iterator[Part]:
        yield Records(1)
        yield Rows(
            REFUNDS,
            pa.table({name: [None] for name in REFUNDS.columns.names} | {"source_line": [1]}).cast(
                pa.schema(
                    [pa.field(f.name, f.type) for f in REFUNDS.columns]
                    + [pa.field("source_line", pa.int64())]
                )
            ),
        )


@pytest.mark.parametrize(
    ("reader", "reason"), [(LosingReader(), "accounts for 2 of 3"), (BreakingReader(), "contract")]
)
def test_a_reader_that_loses_a_record_or_breaks_the_contract_publishes_nothing(
    ingesting: Ingest, monkeypatch: pytest.MonkeyPatch, reader: LosingReader, reason: str
) -> None:
    monkeypatch.setattr(module, "recognise", lambda _head, _mapped: reader)
    ingesting.drop("x", b"a\nb\nc\n")
    (account,) = ingesting.run()
    assert account.status == "unreadable"
    assert reason in str(account.reason)
    assert rows(ingesting, "refunds") == []
    assert len(rows(ingesting, "quarantine")) == 1


def snapshot(ingesting: Ingest) -> dict[str, list[dict[str, object]]]:
    return {table: rows(ingesting, table) for table in ALL_SCHEMAS}


def test_reading_again_and_in_another_order_gives_the_same(
    ingesting: Ingest, tmp_path: Path
) -> None:
    for number in range(3):
        ingesting.drop(f"{number}.csv", REFUNDS_CSV.replace(b"r1", f"r1{number}".encode()))
    ingesting.run()
    before = snapshot(ingesting)
    assert ingesting.run() == []  # nothing is new
    ingesting.run(again=DAY)
    assert snapshot(ingesting) == before
    other = Ingest(Workspace.create(tmp_path / "o", reporting_currency="USD", as_of="latest"))
    for number in (2, 0, 1):
        other.drop(f"z{9 - number}", (ingesting.workspace.inbox / f"{number}.csv").read_bytes())
    other.run()
    assert snapshot(other) == before


def test_a_crash_between_files_is_mended_by_the_next_run(
    ingesting: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        ingesting.drop(f"{number}.csv", REFUNDS_CSV.replace(b"r1", f"r1{number}".encode()))
    calls = 0
    commit = module._commit

    def dies_after_the_first(*args: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        commit(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_commit", dies_after_the_first)
    with pytest.raises(KeyboardInterrupt):
        ingesting.run()
    monkeypatch.setattr(module, "_commit", commit)
    assert len(rows(ingesting, "source_files")) < 3  # files are read side by side
    ingesting.run()
    assert len(rows(ingesting, "source_files")) == 3
    assert len(rows(ingesting, "refunds")) == 6


def test_a_crash_within_a_commit_leaves_no_file_counted_as_read(
    ingesting: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingesting.drop("r.csv", REFUNDS_CSV)
    replace = Path.replace

    def dies_on_the_marker(self: Path, target: Path) -> Path:
        if "source_files" in str(target):
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", dies_on_the_marker)
    with pytest.raises(OSError, match="No space left"):
        ingesting.run()
    monkeypatch.setattr(Path, "replace", replace)
    assert rows(ingesting, "source_files") == []
    ingesting.run()
    assert len(rows(ingesting, "refunds")) == 2
    assert len(rows(ingesting, "source_files")) == 1


def test_a_file_is_read_again_when_its_reader_has_changed(
    ingesting: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingesting.drop("r.csv", REFUNDS_CSV)
    (account,) = ingesting.run()
    reader = type(module.by_format(str(account.format)))
    monkeypatch.setattr(reader, "version", 99)
    (again,) = ingesting.run()
    assert again.reader_version == 99
    assert len(rows(ingesting, "refunds")) == 2


def test_what_an_earlier_day_left_unread_is_read(ingesting: Ingest) -> None:
    """A run that died after landing; its file must not be lost because the next one is tomorrow."""
    ingesting.drop("r.csv", REFUNDS_CSV)
    ingesting.landing.land_inbox(ingesting.workspace.inbox, DAY)
    (account,) = ingesting.run(arrival=DAY + timedelta(days=1))
    assert account.delivery.arrival_day == DAY.isoformat()
    assert ingesting.canonical.path("refunds", DAY, account.delivery.sha256).exists()
    assert ingesting.run(arrival=DAY + timedelta(days=2)) == []


def test_a_rule_holds_for_files_of_before(ingesting: Ingest) -> None:
    """The rows are those of a store that is made anew, whatever rules there were in between."""
    ingesting.drop("eu/refunds.csv", REFUNDS_CSV)
    ingesting.drop("empty.csv", b"")
    with zipfile.ZipFile(ingesting.drop("some.zip", b""), "w") as archive:
        archive.writestr("empty.csv", b"")
    ingesting.run()
    whole = {"files": "eu/*", "format": "own_refunds", "source": "eu", "full_export": True}
    for day, (rules, source, report) in enumerate(
        [
            ((FileRule(files="eu/*", format="own_refunds", source="eu"),), "eu", None),
            ((FileRule.model_validate(whole),), "eu", FULL_EXPORT),
            ((FileRule(files="eu/*", left_out="sent by mistake"),), None, None),
            ((FileRule(files="eu/*", left_out="of the test account"),), None, None),
            ((FileRule(files="*", format="own_refunds", source="all"),), "all", None),
            ((), "refunds", None),
        ]
    ):
        arrival = DAY + timedelta(days=1 + day)
        accounts = ingesting.run(rules, arrival=arrival)
        assert [account.delivery.origin for account in accounts] == ["eu/refunds.csv"]
        kept = snapshot(ingesting)
        (file,) = [
            row for row in kept["source_files"] if row["format"] != "zip_archive" and row["bytes"]
        ]
        assert (file["source"], file["report_id"]) == (source, report)
        assert {row["source"] for row in kept["refunds"]} == {source} - {None}
        assert ingesting.run(rules, arrival=arrival) == []
        shutil.rmtree(ingesting.canonical.root)
        ingesting.run(rules, arrival=arrival)
        assert snapshot(ingesting) == kept


def test_a_file_of_an_older_version_that_lacks_a_column_is_known(ingesting: Ingest) -> None:
    ingesting.drop("r.csv", REFUNDS_CSV)
    (account,) = ingesting.run()
    marker = ingesting.canonical.path("source_files", DAY, account.delivery.sha256)
    pq.write_table(pq.read_table(marker).drop_columns(["modified_at"]), marker)
    assert ingesting.run() == []


def test_what_is_left_out_is_accounted_for_with_the_reason(ingesting: Ingest) -> None:
    """An archive too, with all that is in it; and what would not be readable."""
    with zipfile.ZipFile(ingesting.drop("test/some.zip", b""), "w") as archive:
        archive.writestr("refunds.csv", REFUNDS_CSV)
    ingesting.drop("test/junk.bin", b"\0\1\2")
    ingesting.drop("refunds.csv", REFUNDS_CSV.replace(b"r1", b"r9"))
    rule = FileRule(files="test/*", left_out="the sandbox's, card 4111111111111111")
    accounts = {account.delivery.origin: account for account in ingesting.run((rule,))}
    assert {origin: account.status for origin, account in accounts.items()} == {
        "test/some.zip": "left_out",
        "test/some.zip!refunds.csv": "left_out",
        "test/junk.bin": "left_out",
        "refunds.csv": "partly_read",
    }
    kept = snapshot(ingesting)
    assert [row["refund_id"] for row in kept["refunds"]] == ["r3", "r9"]
    assert len(kept["quarantine"]) == 1
    left_out = [row for row in kept["source_files"] if row["status"] == "left_out"]
    assert {(row["records"], row["structural_records"]) for row in left_out} == {(1, 1)}
    assert {str(row["reason"])[:13] for row in left_out} == {"the sandbox's"}
    assert "4111111111111111" not in str(kept)
    assert ingesting.run((rule,)) == []
    assert len(ingesting.run()) == 3


def test_stored_files_have_the_contract_s_schema(ingesting: Ingest) -> None:
    ingesting.drop("r.csv", REFUNDS_CSV)
    ingesting.run()
    for table, schema in ALL_SCHEMAS.items():
        for path in (ingesting.canonical.root / table).rglob("*.parquet"):
            assert pq.read_schema(path).equals(schema), table


def test_the_day_of_a_file_is_its_partition(ingesting: Ingest) -> None:
    ingesting.drop("r.csv", REFUNDS_CSV)
    (account,) = ingesting.run()
    stored = ingesting.canonical.path("refunds", DAY, account.delivery.sha256)
    assert stored.exists()
    shutil.rmtree(ingesting.canonical.root)
    ingesting.run()
    assert stored.exists()  # the canonical store can always be made anew from the landing
