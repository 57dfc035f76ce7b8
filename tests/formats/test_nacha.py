from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.bank_parts import FIXTURES, Parts, assert_read_or_refused, mutations
from tieout.formats import recognise
from tieout.formats.base import Head, UnreadableFile
from tieout.formats.nacha import NachaReturns

RETURNS = FIXTURES / "nacha" / "returns.ach"
TEXT = RETURNS.read_text(encoding="utf-8")

Edit = Callable[..., Path]


def read(path: Path) -> Parts:
    assert recognise(Head.of(path, "upload")).format == "nacha_returns"
    parts = Parts.of(NachaReturns(), path)
    parts.assert_conserved()
    return parts


@pytest.fixture
def written(tmp_path: Path) -> Edit:
    def write(text: str) -> Path:
        path = tmp_path / "returns.ach"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def edited(written: Edit) -> Edit:
    """The fixture with one line edited, by its number."""

    def edit(line: int, old: str, new: str) -> Path:
        lines = TEXT.split("\n")
        assert lines[line - 1].count(old) == 1
        lines[line - 1] = lines[line - 1].replace(old, new)
        return written("\n".join(lines))

    return edit


def test_every_returned_entry_is_a_row_against_the_direction_of_what_came_back() -> None:
    columns = ("source_line", "booking_date", "amount_minor", "transaction_code", "end_to_end_id")
    assert [tuple(row[name] for name in columns) for row in read(RETURNS).lines] == [
        # A debit that came back takes the money away again, a credit brings it.
        (3, date(2026, 3, 3), -12354, "R01", "INV-1"),
        (5, date(2026, 3, 3), 4565, "R03", "PAY-7"),
        # The return of a debit that is itself sent back: the company keeps the money.
        (7, date(2026, 3, 3), 700, "R68", "INV-2"),
        # Without a day of settlement the effective day stands for it.
        (17, date(2026, 3, 1), 100000, "R23", "PO 12"),
        # In an international entry this is the place of an account, so there is no id.
        (22, date(2026, 3, 4), 2500, "R84", None),
    ]
    rows = read(RETURNS).lines
    assert {(row["account"], row["currency"], row["stated_in"]) for row in rows} == {
        ("1234567890", "USD", "advice")
    }


def test_what_a_returned_entry_says() -> None:
    _, credit, _, vendor, abroad = read(RETURNS).lines
    assert credit["bank_reference"] == "021000020000002"
    assert credit["counterparty"] == "BOB MARSH"
    assert credit["statement_id"] == "091000019 2603040615 A/0000001"
    assert credit["remittance"] == (
        "TRANSFER R03 no account, or it cannot be found NO SUCH ACCOUNT"
    )
    assert json.loads(credit["extra"]) == {
        "original_trace_number": "121000240000002",
        "standard_entry_class": "WEB",
        "company": "CLEAR SKY INC",
    }
    assert (vendor["counterparty"], abroad["counterparty"]) == ("ACME LTD", "MAPLE PARTS CO")
    assert "99990002" not in str(read(RETURNS).lines)  # the receiver's account


@pytest.mark.parametrize(
    ("code", "remittance"),
    [
        ("R68", "TRANSFER R68 dishonoured return: too late TOO LATE"),
        ("R72", "TRANSFER R72 contested dishonoured return: too late"),
    ],
)
def test_what_follows_a_return_names_it(edited: Edit, code: str, remittance: str) -> None:
    about = "121000240000003      12100000"
    path = edited(8, f"R68{about}" + " " * 23, f"{code}{about}   09100001000000306001")
    text = path.read_text(encoding="utf-8").replace("06001" + " " * 8, "06001TOO LATE", 1)
    path.write_text(text, encoding="utf-8")
    _, _, row, *_ = read(path).lines
    assert row["remittance"] == remittance
    assert json.loads(row["extra"])["return_trace_number"] == "091000010000003"


def test_an_entry_with_several_returns_is_quarantined(edited: Edit) -> None:
    path = edited(8, "799R68", "799R01121000240000003\n799R68")
    reasons = {row["source_line"]: row["reason"] for row in read(path).quarantined}
    assert reasons[7].startswith("the entry has several addenda of a return (99)")


def test_what_moves_no_money_is_a_finding_and_an_instruction_is_quarantined() -> None:
    parts = read(RETURNS)
    assert parts.findings == [("prenotification_returned", 9), ("notification_of_change", 13)]
    (row,) = parts.quarantined
    assert row["source_line"] == 19
    assert row["reason"].startswith("the entry was not returned (no addenda 99)")


def test_the_totals_of_batches_and_file_hold() -> None:
    parts = read(RETURNS)
    assert parts.differences == []
    stated = [(t.line, t.name, t.currency, t.stated) for t in parts.totals]
    assert stated[:4] == [
        (11, "number_of_entries_and_addenda", None, 8),
        (11, "entry_hash", None, 29400005),
        (11, "sum_of_debits", "USD", 13054),
        (11, "sum_of_credits", "USD", 4565),
    ]
    assert stated[-6:] == [
        (26, "number_of_batches", None, 4),
        (26, "number_of_blocks", None, 3),
        (26, "number_of_entries_and_addenda", None, 16),
        (26, "entry_hash", None, 58800010),
        (26, "sum_of_debits", "USD", 13054),
        (26, "sum_of_credits", "USD", 107115),
    ]


@pytest.mark.parametrize(
    ("line", "old", "new", "differences"),
    [
        (3, "0000012354", "0000012355",
         [("sum_of_debits", "USD", 1), ("sum_of_debits", "USD", 1)]),
        (5, "621021000021", "621021000022", []),  # the ninth digit is no part of the hash
        (5, "621021000021", "621021000031",
         [("entry_hash", None, 1), ("entry_hash", None, 1)]),
        (7, "63609100001", "63109100001",
         [("sum_of_debits", "USD", -700), ("sum_of_credits", "USD", 700)] * 2),
        (26, "9000004000003", "9000005000003", [("number_of_batches", None, -1)]),
    ],
)  # fmt: skip
def test_a_total_that_fails_says_by_how_much(
    edited: Edit, line: int, old: str, new: str, differences: list[object]
) -> None:
    assert read(edited(line, old, new)).differences == differences


@pytest.mark.parametrize(
    ("line", "old", "new", "reason"),
    [
        (3, "0000012354", "00000123.5", "the amount '00000123.5' is not a number"),
        (3, "62609", "62009", "the transaction code '20' is not one of an entry"),
        (4, "R01", "X01", "the return reason 'X01' is not R and two digits"),
        (2, "1234567890", "          ", "the batch at line 2 names no company"),
        (14, "C01", "R01", None),
        (14, "C01", "001", "the change code '001' is not C and two digits"),
    ],
)
def test_an_entry_that_cannot_be_read_is_quarantined(
    edited: Edit, line: int, old: str, new: str, reason: str | None
) -> None:
    parts = read(edited(line, old, new))
    reasons = {row["source_line"]: row["reason"] for row in parts.quarantined}
    if line == 14:
        assert reasons.get(13) == (reason or "the change code 'R01' is not C and two digits")
    else:
        assert reasons[3] == reason


def test_the_year_of_a_day_of_settlement_is_the_nearest_one(edited: Edit, written: Edit) -> None:
    december = edited(2, "2603010621", "2603013651")
    (first, *_) = read(december).lines
    assert first["booking_date"] == date(2025, 12, 31)
    # Neither a day of settlement nor an effective day: the day on which the file was made.
    lines = TEXT.split("\n")
    lines[1] = lines[1].replace("2603010621", "      " + "   1")
    (first, *_) = read(written("\n".join(lines))).lines
    assert first["booking_date"] == date(2026, 3, 4)


@pytest.mark.parametrize("fill", [True, False])
def test_a_file_without_line_ends_and_one_with_short_lines_read_the_same(
    written: Edit, fill: bool
) -> None:
    lines = TEXT.rstrip("\n").split("\n")
    text = "".join(line.ljust(94) for line in lines) if fill else "\r\n".join(lines)
    parts = read(written(text))
    expected = read(RETURNS)
    assert [{**row, "source_line": 0} for row in parts.lines] == [
        {**row, "source_line": 0} for row in expected.lines
    ]
    assert [row["source_line"] for row in parts.lines] == [3, 5, 7, 17, 22]
    assert [code for code, _ in parts.findings].count("no_line_numbers") == fill


def test_files_one_after_the_other_are_kept_apart(written: Edit) -> None:
    parts = read(written(TEXT + TEXT.replace("0910000192603040615A", "0910000192603040615B")))
    assert len(parts.lines) == 10
    assert parts.differences == []
    assert parts.report.report_id == ("ACH returns 091000019 2603040615 A; 091000019 2603040615 B")


@pytest.mark.parametrize(
    ("lines", "findings"),
    [
        (slice(0, 25), {"no_file_control"}),
        (slice(0, 10), {"no_batch_control", "no_file_control"}),
    ],
)
def test_a_file_that_is_cut_off_says_so(written: Edit, lines: slice, findings: set[str]) -> None:
    parts = read(written("\n".join(TEXT.split("\n")[lines])))
    assert findings == {code for code, _ in parts.findings if code.endswith("_control")}


def test_what_belongs_nowhere_is_quarantined(written: Edit) -> None:
    lines = TEXT.rstrip("\n").split("\n")
    parts = read(written("\n".join([lines[0], *lines[2:4], *lines[10:], "9again", "hello"])))
    reasons = {row["source_line"]: row["reason"] for row in parts.quarantined}
    assert reasons[2] == "an entry (6) outside any batch (5)"
    assert reasons[3] == "an addenda record (7) of no entry"
    assert reasons[4] == "the control record of a batch (8) without its header (5)"
    assert [reasons[line] for line in sorted(reasons)[-2:]] == [
        "a second control record (9) of one file",
        "no record of an ACH file: it begins with none of 1, 5, 6, 7, 8 and 9",
    ]


def test_a_file_of_instructions_is_refused(written: Edit) -> None:
    lines = [line for line in TEXT.split("\n") if line[:1] != "7"]
    path = written("\n".join(lines))
    reader = recognise(Head.of(path, "payroll.ach"))
    with pytest.raises(UnreadableFile, match="an ACH file of 8 entries, none of them returned"):
        list(reader.read(path))


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_damage_is_quarantined_or_refused(data: st.DataObject) -> None:
    assert_read_or_refused(NachaReturns(), data.draw(mutations(RETURNS.read_bytes())))
