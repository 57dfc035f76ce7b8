from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.bank_parts import FIXTURES, Parts, assert_read_or_refused, mutations
from tieout.formats import recognise
from tieout.formats.bai2 import Bai2
from tieout.formats.base import Head, UnreadableFile
from tieout.simulator.bai2 import bai2
from tieout.simulator.bank import Entry, Statement
from tieout.simulator.months import Month

BAI2 = FIXTURES / "bai2"
TWO_DAYS, BROKEN = BAI2 / "two_days.bai", BAI2 / "broken.bai"

# One group with one account: the smallest file that holds money.
SMALL = """\
01,BANK,TESTCO,260304,0615,7,,,2/
02,TESTCO,BANK,1,260302,2400,USD,2/
03,111,,010,1000,,,015,1250,,/
16,165,250,,B-1,,PAYOUT/
49,2500,3/
98,2500,1,5/
99,2500,1,7/
"""


def read(path: Path) -> Parts:
    parts = Parts.of(Bai2(), path)
    parts.assert_conserved()
    return parts


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "statement.bai"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def columns(parts: Parts, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in parts.lines]


def small(old: str, new: str) -> str:
    assert SMALL.count(old) == 1
    return SMALL.replace(old, new)


def test_every_entry_is_a_row_signed_by_its_type_code() -> None:
    names = ("source_line", "account", "statement_id", "booking_date", "amount_minor", "currency")
    first, second = date(2026, 3, 2), date(2026, 3, 3)
    masked = "XXXXXX1234"
    assert columns(read(TWO_DAYS), *names) == [
        (6, masked, "000111222/2026-03-02", first, 250050, "USD"),
        (7, masked, "000111222/2026-03-02", first, -250, "USD"),
        (10, masked, "000111222/2026-03-02", first, 1250, "USD"),
        # Another account behind the same masked number.
        (16, masked, "000111222/2026-03-02/2", first, -1000, "USD"),
        # The account's currency goes before the group's; its minor unit has its own decimals.
        (23, "9990001", "000111222/2026-03-03", second, 335, "JPY"),
        (26, "9990002", "000111222/2026-03-03", second, 1250, "KWD"),
    ]


def test_what_an_entry_says_behind_every_funds_type() -> None:
    names = ("transaction_code", "value_date", "bank_reference", "end_to_end_id", "remittance")
    full_lines = "the bank fills every line to its last character, whatever the word: "
    assert columns(read(TWO_DAYS), *names) == [
        ("165", date(2026, 3, 3), "ACH-1", "po_4711", "STRIPE TRANSFER, net of fees 12/31"),
        ("455", None, None, "CHK", "RETURNED ITEM REF: A/B,C"),
        # The fields go on in the continuation, and a full line goes on within the word.
        ("142", None, "B-3", "CUST-3", f"{full_lines}payout po_4713 and more"),
        ("475", None, None, "9", "CHECK 9"),
        ("195", None, "TYO-1", None, "YEN ARE WHOLE"),
        ("935", None, None, None, "THE BANK'S OWN CREDIT CODE"),
    ]


def test_every_balance_of_an_account_is_a_row_of_its_line() -> None:
    assert read(TWO_DAYS).balances == [
        (3, "opening", "2026-03-02", 100000, "USD"),
        (3, "closing", "2026-03-02", 351050, "USD"),
        (3, "other", "2026-03-02", 90000, "USD"),
        (3, "available", "2026-03-02", 340000, "USD"),
        (15, "opening", "2026-03-02", -500, "USD"),
        (15, "closing", "2026-03-02", -1500, "USD"),
        (20, "opening", "2026-03-03", 351050, "USD"),
        (20, "closing", "2026-03-03", 351050, "USD"),
        (22, "opening", "2026-03-03", 500000, "JPY"),
        (22, "closing", "2026-03-03", 500335, "JPY"),
        (25, "opening", "2026-03-03", 0, "KWD"),
        (25, "closing", "2026-03-03", 1250, "KWD"),
        (25, "other", "2026-03-03", 1250, "KWD"),
    ]


def test_totals_of_account_group_and_file() -> None:
    parts = read(TWO_DAYS)
    assert (parts.differences, parts.quarantined) == ([], [])
    assert parts.findings == [("repeated_account", 15)]
    stated = [(total.line, total.name, total.currency, total.stated) for total in parts.totals]
    assert stated[:8] == [
        (14, "account_control_total", "USD", 1395277),
        (14, "number_of_records", None, 12),
        (3, "closing_balance", "USD", 351050),
        (3, "sum_of_credits", "USD", 251300),
        (3, "number_of_credits", None, 2),
        (3, "sum_of_debits", "USD", 250),
        (3, "number_of_debits", None, 1),
        (17, "account_control_total", "USD", -1000),
    ]
    # Dollars, yen and dinars are added up as digits: the sum has no currency.
    assert stated[-6:] == [
        (28, "group_control_total", None, 1706520),
        (28, "number_of_accounts", None, 3),
        (28, "number_of_records", None, 10),
        (29, "file_control_total", None, 3100797),
        (29, "number_of_groups", None, 2),
        (29, "number_of_records", None, 29),
    ]


@pytest.mark.parametrize(
    ("old", "new", "differences"),
    [
        (
            "16,165,250,",
            "16,165,200,",
            [
                ("account_control_total", "USD", -50),
                ("closing_balance", "USD", -50),
                ("group_control_total", "USD", -50),
                ("file_control_total", "USD", -50),
            ],
        ),
        (
            "16,165,250,,B-1,,PAYOUT/\n",
            "",
            [
                ("account_control_total", "USD", -250),
                ("number_of_records", None, -1),
                ("closing_balance", "USD", -250),
                ("group_control_total", "USD", -250),
                ("number_of_records", None, -1),
                ("file_control_total", "USD", -250),
                ("number_of_records", None, -1),
            ],
        ),
        ("49,2500,3/", "49,2499,3/", [("account_control_total", "USD", 1)]),
        ("98,2500,1,5/", "98,2500,2,5/", [("number_of_accounts", None, -1)]),
        ("99,2500,1,7/", "99,2500,3,8/", [("number_of_groups", None, -2),
                                          ("number_of_records", None, -1)]),
        ("015,1250,,/", "015,1250,,,100,250,2,/", [
            ("account_control_total", "USD", 250), ("number_of_credits", None, -1),
            ("group_control_total", "USD", 250), ("file_control_total", "USD", 250)]),
    ],
)  # fmt: skip
def test_a_total_that_fails_says_by_how_much(
    written: Callable[..., Path], old: str, new: str, differences: list[Any]
) -> None:
    assert read(written(small(old, new))).differences == differences


def test_what_a_trailer_leaves_out_is_not_checked(written: Callable[..., Path]) -> None:
    parts = read(written(small("49,2500,3/", "49,,/")))
    assert "account_control_total" not in {total.name for total in parts.totals}
    assert parts.differences == []


def test_what_cannot_be_read_is_quarantined_alone_with_its_reason() -> None:
    parts = read(BROKEN)
    reasons = {row["source_line"]: row["reason"] for row in parts.quarantined}
    group = "the group (02) at line 29 cannot be read: the as-of date '261332' is not a day"
    expected = {
        5: "'1.00' is not an amount in minor units",
        6: "the amount '-100' has a sign, but the type code is the direction",
        7: "the type code 010 is a balance, not an entry",
        8: "the type code 720 is a loan's, for which the standard gives no direction",
        9: "'800' is not the type code of an entry",
        10: "the funds type 'Q' is not 0, 1, 2, S, V, D or Z",
        12: "the value date '260230' is not a day written YYMMDD",
        13: "'I' is not a count of items",
        14: "no BAI2 record: the line begins with none of 01",
        17: "'x' is not an amount in minor units",
        20: "the account (03) has no number",
        21: "the account (03) has no number",
        23: "'XXZ' is not an ISO 4217 currency",
        24: "'XXZ' is not an ISO 4217 currency",
        25: "'oops' is not a control total or count",
        26: "an entry (16) outside any account (03)",
        27: "the trailer of an account (49) without its header (03)",
        29: "the as-of date '261332' is not a day written YYMMDD",
        30: group,
        31: group,
        34: "the trailer of a group (98) without its header (02)",
        35: "an account (03) outside any group (02), so it has no date",
        37: "the group is a deletion (status 2)",
        38: "the group is a deletion (status 2)",
        42: "the group is a test (status 4)",
        43: "the group is a test (status 4)",
    }
    assert reasons.keys() == expected.keys()
    for line, reason in expected.items():
        assert reasons[line].startswith(reason), line
    texts = {row["source_line"]: row["raw_text"] for row in parts.quarantined}
    assert texts[10] == "16,165,100,Q,G,,NO SUCH FUNDS TYPE/\n88,CONTINUED"
    assert texts[14] == "HELLO\n88,WORLD"


def test_what_is_good_beside_it_is_read_and_the_totals_name_the_gap() -> None:
    parts = read(BROKEN)
    assert columns(parts, "source_line", "amount_minor") == [(4, 100), (18, 1), (48, 8), (53, 1)]
    # An account whose balances cannot be read keeps its entries, and no balance.
    assert [line for line, *_ in parts.balances] == [3, 3, 47, 52, 52]
    assert parts.differences == [
        ("account_control_total", "USD", -100),  # the amount of line 5
        ("closing_balance", "USD", 100),
    ]
    assert parts.findings == [
        ("no_opening_balance", 17),
        ("no_closing_balance", 17),
        ("deletion_group", 36),
        ("test_group", 41),
        ("correction_group", 51),
        ("no_file_trailer", None),
    ]


def test_the_report_is_its_accounts_and_days_and_its_version_when_it_was_made(
    written: Callable[..., Path],
) -> None:
    assert read(TWO_DAYS).report.report_id == (
        "XXXXXX1234/000111222@2026-03-02..2026-03-03; "
        "9990001/000111222@2026-03-03; 9990002/000111222@2026-03-03"
    )
    first = read(written(SMALL)).report
    # A restated file has other amounts and a number of its own, on a day past nine files.
    again = read(written(small("0615,7,", "0615,10,").replace("165,250,", "165,251,"))).report
    later = read(written(small("260304,0615,", "260304,06:16:00,"))).report
    assert first.report_id == again.report_id == later.report_id == "111/BANK@2026-03-02"
    assert None not in (first.version, again.version, later.version)
    assert str(first.version) < str(again.version) < str(later.version)


@pytest.mark.parametrize("modifier", ["1", "3"])
def test_the_entries_of_an_interim_report_are_those_of_a_notice(
    written: Callable[..., Path], modifier: str
) -> None:
    parts = read(written(small("USD,2/", f"USD,{modifier}/")))
    assert columns(parts, "statement_id", "amount_minor", "stated_in") == [
        ("BANK/2026-03-02 interim", 250, "notice")
    ]
    # Its balances are none of a statement, but what it states must tie.
    assert [kind for _, kind, *_ in parts.balances] == ["interim_opening", "interim_closing"]
    assert (parts.differences, parts.findings) == ([], [])
    assert parts.report.report_id == "111/BANK@2026-03-02 interim 2026-03-04T0615 00000007"
    one = small("USD,2/", f"USD,{modifier}/").replace(",,015,1250,,", "")
    assert read(written(one)).findings == []  # an interim report owes no closing balance


def test_an_interim_report_and_the_final_one_of_a_day_stay_apart(
    written: Callable[..., Path],
) -> None:
    group = SMALL[SMALL.index("02,") : SMALL.index("99,")]
    both = SMALL.replace("99,", group.replace("USD,2/", "USD,3/") + "99,")
    parts = read(written(both.replace("99,2500,1,7/", "99,5000,2,12/")))
    assert columns(parts, "statement_id", "stated_in") == [
        ("BANK/2026-03-02", None),
        ("BANK/2026-03-02 interim", "notice"),
    ]
    assert (parts.differences, parts.findings) == ([], [])


@pytest.mark.parametrize("end", ["\r\n", "\r", "   \n", "\n\n"])
def test_line_ends_filling_and_latin_1_read_the_same(
    written: Callable[..., Path], end: str
) -> None:
    original = TWO_DAYS.read_text(encoding="utf-8").replace("GOOD", "GÖÖD").replace("YEN", "¥EN")
    plain = read(written(original))
    assert plain.lines[4]["remittance"] == "¥EN ARE WHOLE"
    other = read(written(original.replace("\n", end), "latin-1"))
    assert [{**row, "source_line": 0} for row in other.lines] == [
        {**row, "source_line": 0} for row in plain.lines
    ]
    assert other.differences == []


def test_a_byte_order_mark_and_a_nul_byte(written: Callable[..., Path]) -> None:
    text = "\ufeff" + small("PAYOUT", "PAY\0OUT")
    path = written(text)
    assert recognise(Head.of(path, "x")).format == "bai2"
    assert read(path).lines[0]["remittance"] == "PAY␀OUT"


def test_a_line_longer_than_the_full_ones_shows_that_none_is_full(
    written: Callable[..., Path],
) -> None:
    text = f"{'x' * 60}\n88,{'y' * 77}\n88,z"
    joined = read(written(small("PAYOUT/", text))).lines[0]["remittance"]
    assert joined == f"{'x' * 60} {'y' * 77}z"
    text = f"{text}\n88,{'w' * 78}"
    apart = read(written(small("PAYOUT/", text))).lines[0]["remittance"]
    assert apart == f"{'x' * 60} {'y' * 77} z {'w' * 78}"


@pytest.mark.parametrize(
    ("cut", "findings"),
    [
        ("99,", ["no_file_trailer"]),
        ("98,", ["no_group_trailer", "no_file_trailer"]),
        ("49,", ["no_account_trailer", "no_group_trailer", "no_file_trailer"]),
    ],
)
def test_a_file_that_is_cut_off_says_so(
    written: Callable[..., Path], cut: str, findings: list[str]
) -> None:
    parts = read(written(SMALL[: SMALL.index(f"\n{cut}") + 1]))
    assert [code for code, _ in parts.findings] == findings
    assert columns(parts, "amount_minor") == [(250,)]


def test_missing_trailers_and_headers_in_the_middle(written: Callable[..., Path]) -> None:
    """Days stay apart although the first one has no end, and the second file no beginning."""
    day = SMALL[SMALL.index("02,") : SMALL.index("99,")]
    next_day = day.replace("260302", "260303")
    whole = SMALL[: SMALL.index("49,")] + next_day + "99,5000,2,11/\n" + next_day + "99,2500,1,6/\n"
    parts = read(written(whole))
    assert columns(parts, "source_line", "booking_date", "statement_id") == [
        (4, date(2026, 3, 2), "BANK/2026-03-02"),
        (7, date(2026, 3, 3), "BANK/2026-03-03"),
        (13, date(2026, 3, 3), "BANK/2026-03-03/2"),
    ]
    assert [code for code, _ in parts.findings] == [
        "no_account_trailer",
        "no_group_trailer",
        "no_file_header",
        "repeated_account",
    ]
    assert parts.differences == [("number_of_records", None, -1)]


def test_a_file_header_that_cannot_be_read_costs_only_the_version(
    written: Callable[..., Path],
) -> None:
    path = written(small("260304", "26/304"))
    assert recognise(Head.of(path, "x")).format == "bai2"
    parts = read(path)
    assert [row["source_line"] for row in parts.quarantined] == [1]
    assert (len(parts.lines), parts.report.version) == (1, None)


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("010,1000,,,", "010,1000,,Q,", 3, "the funds type 'Q'"),
        ("010,1000,,,", "010,1000,x,,", 3, "'x' is not a count"),
        ("010,1000,,,", "1010,1000,,,", 3, "'1010' stands where the type code"),
        ("010,1000,,,", "010,1000,,D,99,", 3, "are cut off"),
        ("010,1000,,,", f"010,{10**18},,,", 3, "too large an amount"),
        (",1,260302,", ",7,260302,", 2, "the group status '7' is not 1, 2, 3 or 4"),
        ("16,165,", "16,1²5,", 4, "'1²5' is not the type code of an entry"),
        ("16,165,", "16,905,", 4, "the type code 905 is a balance of the bank's own"),
        ("16,165,250,,B-1,,PAYOUT/", "16,165,250,D,9,0,1/", 4, "are cut off"),
    ],
)
def test_a_record_that_cannot_be_read_is_quarantined(
    written: Callable[..., Path], old: str, new: str, line: int, reason: str
) -> None:
    reasons = {r["source_line"]: r["reason"] for r in read(written(small(old, new))).quarantined}
    assert reason in reasons[line]


@pytest.mark.parametrize(
    ("code", "minor"), [("100", 250), ("399", 250), ("400", -250), ("699", -250),
                        ("920", 250), ("959", 250), ("960", -250), ("999", -250)],
)  # fmt: skip
def test_the_ranges_of_type_codes(written: Callable[..., Path], code: str, minor: int) -> None:
    assert columns(read(written(small("16,165,", f"16,{code},"))), "amount_minor") == [(minor,)]


def test_an_account_of_a_test_is_not_reported(written: Callable[..., Path]) -> None:
    parts = read(written(small(",1,260302,", ",4,260302,")))
    assert (parts.lines, parts.balances, parts.findings) == ([], [], [("test_group", 2)])
    assert parts.differences == []  # the transmission is whole all the same
    with pytest.raises(ValueError, match="not enough values"):
        _ = parts.report


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SMALL.split("\n", 1)[0], "no group (02), so no statement: the file has 1 lines"),
        (SMALL.replace("/\n", "/"), "not written one record a line"),
        (small(",,,2/", ",,,1/"), "the file header at line 1 says BAI version '1', expected '2'"),
    ],
)
def test_what_is_refused(written: Callable[..., Path], text: str, message: str) -> None:
    path = written(text)
    reader = recognise(Head.of(path, "x"))
    with pytest.raises(UnreadableFile) as refusal:
        list(reader.read(path))
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\n 01,A,B,260304,\n88,0615,7,,,2/\n02,", True),
        ("01,0004,1/2/345,06/0321,0829,001,80,1,2/", True),
        ("01,name,amount\n01,a,1", False),
        ("01,a,b,260304", False),
        ("02,TESTCO,BANK,1,260302,2400,USD,2/", False),
    ],
)
def test_a_file_is_recognised_by_its_header(text: str, expected: bool) -> None:
    assert Bai2().recognises(Head("x", text.encode())) is expected


# What each sample gives: entries, balances, quarantined; the totals that fail; findings. All were
# worked out by hand from the files.
_NO_BALANCES = ("no_opening_balance", "no_closing_balance")
_SAMPLES: dict[str, tuple[tuple[int, int, int], list[tuple[str, str | None, int]], list[str]]] = {
    "account_trailer_amount_blank_example.bai2": ((0, 0, 0), [], [*_NO_BALANCES, *_NO_BALANCES]),
    # A penny comes in and the balance does not move.
    "citi_example.bai2": ((1, 2, 0), [("closing_balance", "GBP", 1)], []),
    "moov_sample1.txt": (
        (17, 4, 0),
        [],
        [*_NO_BALANCES, "repeated_account", *_NO_BALANCES],
    ),
    # The example of the standard: totals of which it lists only some of the entries.
    "moov_sample2.txt": (
        (4, 9, 0),
        [
            ("sum_of_credits", "USD", -500000),
            ("sum_of_debits", "USD", -2000000),
            ("sum_of_debits", "USD", -50000000),
            ("sum_of_credits", "USD", -30000000),
        ],
        [*["no_closing_balance"] * 5, "correction_group"],
    ),
    # Accounts were cut out of it and entries put in.
    "moov_sample4-continuations-newline-delimited.txt": (
        (17, 8, 0),
        [
            ("account_control_total", "USD", 1260161341762 + 7999960),
            ("number_of_records", None, -8),
            ("sum_of_credits", "USD", 143500 - 1912),
            ("sum_of_debits", "USD", 988650),
            ("number_of_debits", None, 2),
            ("account_control_total", "USD", 666917818 - 6869722),
            ("number_of_records", None, 80),
            ("closing_balance", "USD", 457231 - 30360405 + 200000),
            ("sum_of_credits", "USD", 457231),
            ("number_of_credits", None, 8),
            ("sum_of_debits", "USD", 30160405),
            ("number_of_debits", None, 5),
            ("group_control_total", "USD", 668048056),
            ("number_of_accounts", None, 1),
            ("number_of_records", None, 98),
            ("file_control_total", "USD", 668048056),
            ("number_of_records", None, 98),
        ],
        [*_NO_BALANCES * 4],
    ),
    "nwb_example.bai2": ((5, 4, 0), [], []),
    "svb_us_example.bai2": ((2, 8, 0), [], []),
}


@pytest.mark.parametrize("name", _SAMPLES)
def test_the_samples_of_real_banks(realdata: Path, name: str) -> None:
    (lines, balances, quarantined), differences, findings = _SAMPLES[name]
    path = realdata / "bank" / "bai2" / name
    assert recognise(Head.of(path, name)).format == "bai2"
    parts = read(path)
    assert (len(parts.lines), len(parts.balances)) == (lines, balances)
    assert len(parts.quarantined) == quarantined
    assert parts.differences == differences
    assert [code for code, _ in parts.findings] == findings


def test_samples_beside_those_named_are_no_bai2(realdata: Path) -> None:
    folder = realdata / "bank" / "bai2"
    (other,) = [path for path in folder.iterdir() if path.name not in _SAMPLES]
    with pytest.raises(UnreadableFile, match="its first record is not a file header"):
        recognise(Head.of(other, other.name))


def test_a_full_line_of_a_real_file_is_joined(realdata: Path) -> None:
    (*_, last) = read(realdata / "bank" / "bai2" / "nwb_example.bai2").lines
    assert last["remittance"].endswith("-5373 CLIENT SECCY AC TFR")


@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_damage_is_quarantined_or_refused(data: st.DataObject) -> None:
    original = data.draw(st.sampled_from([TWO_DAYS, BROKEN])).read_bytes()
    assert_read_or_refused(Bai2(), data.draw(mutations(original)))


MARCH = Month(2026, 3)
WORDS = st.lists(st.text("ab9-/,.&+()", min_size=1, max_size=30), min_size=1, max_size=12)
ENTRIES = st.builds(
    Entry,
    day=st.dates(MARCH.first_day, MARCH.last_day),
    amount=st.integers(-(10**13), 10**13),
    counterparty=WORDS.map(" ".join),
    text=WORDS.map(" ".join),
    reference=st.text("ABC123", min_size=1, max_size=14),
)
STATEMENTS = st.lists(
    st.tuples(st.integers(-(10**13), 10**13), st.lists(ENTRIES, max_size=8)),
    min_size=1,
    max_size=2,
)


@settings(max_examples=150, deadline=None)
@given(accounts=STATEMENTS)
def test_what_the_simulator_writes_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, accounts: list[tuple[int, list[Entry]]]
) -> None:
    statements = [
        Statement(MARCH, processor, 0, opening, tuple(sorted(entries, key=lambda e: e.day)))
        for processor, (opening, entries) in enumerate(accounts)
    ]
    path = tmp_path_factory.mktemp("bai2") / "month.bai"
    path.write_bytes(bai2(statements).encode())
    parts = read(path)
    assert (parts.quarantined, parts.findings, parts.differences) == ([], [], [])
    assert {"account_control_total", "closing_balance", "sum_of_debits", "file_control_total"} <= {
        total.name for total in parts.totals
    }
    assert max(map(len, path.read_text().splitlines())) <= 80
    names = ("booking_date", "amount_minor", "bank_reference", "remittance")
    for statement in statements:
        own = [row for row in parts.lines if row["account"] == statement.account]
        assert [tuple(row[name] for name in names) for row in own] == [
            (entry.day, entry.amount, entry.reference, f"{entry.text} {entry.counterparty}")
            for entry in statement.entries
        ]
        balances = [
            row for row in parts.rows("bank_balances") if row["account"] == statement.account
        ]
        chain = [row["amount_minor"] for row in balances]
        assert (chain[0], chain[-1]) == (statement.opening, statement.closing)
        assert chain[1:-1:2] == chain[2::2]  # each day opens as the one before it closed
        days = {entry.day for entry in statement.entries} or {MARCH.last_day}
        assert sorted({row["balance_date"] for row in balances}) == sorted(days)


def test_a_wrong_closing_balance_is_found_on_the_last_day(tmp_path: Path) -> None:
    entries = tuple(Entry(date(2026, 3, day), 100, "X", "Y", f"R{day}") for day in (2, 3))
    path = tmp_path / "month.bai"
    path.write_text(bai2([Statement(MARCH, 0, 0, 1000, entries, off=7)]))
    parts = read(path)
    assert parts.differences == [("closing_balance", "USD", -7)]
    assert parts.balances[-1][1:] == ("closing", "2026-03-03", 1207, "USD")


def test_a_bank_may_write_the_year_in_full(written: Callable[..., Path]) -> None:
    text = (
        "01,SND,RCV,20260303,0500,1,,,2/\n02,RCV,SND,1,20260302,,USD,2/\n"
        "03,7,,010,100,,,015,150,,/\n16,165,50,V,20260304,,R1,,PAYOUT/\n49,300,3/\n98,300,1,5/\n"
        "99,300,1,7/\n"
    )
    (line,) = read(written(text)).lines
    assert (str(line["booking_date"]), str(line["value_date"])) == ("2026-03-02", "2026-03-04")
