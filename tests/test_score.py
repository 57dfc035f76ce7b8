"""The scorer, on results that are wrong on purpose: one that praises everything is worthless."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tieout.editions import Editions
from tieout.engine import connect
from tieout.score import NoTruth, Report, Score, score

LEG = "payment_settlement"
COLUMNS = (
    "error_id", "error_type", "expected", "leg", "break_type", "amount_minor", "currency", "month",
    "reference", "file_sha256",
)  # fmt: skip


def judged(
    tmp_path: Path,
    planted: list[tuple[object, ...]],
    breaks: list[tuple[str, str, int]],
    files: tuple[tuple[str, str | None, int], ...] = (),
) -> Report:
    """Score breaks (reference, type, value) against planted cases; references a to f exist.

    `files` are control totals: the file, what supersedes it, and by how much the total is off.
    """
    (tmp_path / "truth").mkdir()
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in planted]
    schema = pa.schema(
        [(name, pa.int64() if name == "amount_minor" else pa.string()) for name in COLUMNS]
    )
    pq.write_table(pa.Table.from_pylist(rows, schema), tmp_path / "truth" / "errors.parquet")
    editions = Editions(tmp_path / "editions")
    with connect() as warehouse:
        warehouse.execute(
            "create table fct_reconciliation_members (record_id varchar, leg varchar,"
            " item_id varchar, reference varchar)"
        )
        warehouse.execute(
            "create table fct_breaks (break_id varchar, leg varchar, break_type varchar,"
            " value_minor bigint, value_reporting_minor bigint)"
        )
        # Two dollars for one euro, and a dollar is a dollar.
        warehouse.execute(
            "create table rpt_reporting_rates as select * from (values ('EUR', 2), ('USD', 1))"
            " as rates (currency, rate), (values (date '2020-01-01', date '2030-01-01'))"
            " as days (rate_date, next_rate_date)"
        )
        warehouse.execute(
            "alter table rpt_reporting_rates add column rate_billionths bigint;"
            "update rpt_reporting_rates set rate_billionths = rate * 1000000000;"
            "alter table rpt_reporting_rates add column minor_per_major bigint default 100;"
            "alter table rpt_reporting_rates"
            " add column reporting_minor_per_major bigint default 100"
        )
        warehouse.execute(
            "create table rpt_source_files (source_file_sha256 varchar, superseded_by varchar);"
            "create table rpt_control_totals (source_file_sha256 varchar, difference bigint)"
        )
        for name, superseded_by, off in files:
            warehouse.execute("insert into rpt_source_files values (?, ?)", [name, superseded_by])
            warehouse.execute("insert into rpt_control_totals values (?, ?)", [name, off])
        for name in "abcdef":
            warehouse.execute(
                "insert into fct_reconciliation_members values (?, ?, ?, ?),"
                " (?, 'payout_bank', null, ?)",
                [f"r{name}", LEG, f"i{name}", name, f"r{name}", f"bank-{name}"],
            )
        for name, kind, value in breaks:
            warehouse.execute(
                "insert into fct_breaks values (?, ?, ?, ?, ?)",
                [f"i{name}", LEG, kind, value, value],
            )
        tables = (
            "rpt_reporting_rates",
            "fct_breaks",
            "fct_reconciliation_members",
            "rpt_control_totals",
            "rpt_source_files",
        )
        editions.publish(
            warehouse,
            {t: t for t in tables},
            as_of="2026-01-05",
            reporting_currency="USD",
            tieout_version="0",
        )
    with editions.connect() as edition:
        return score(edition, "e", tmp_path / "truth")


def case(
    reference: str, kind: str = "missing", amount: int = 100, expected: str = "broken"
) -> tuple[object, ...]:
    break_type = kind if expected == "broken" else None
    return (
        f"e{reference}",
        f"planted_{kind}",
        expected,
        LEG,
        break_type,
        amount,
        "USD",
        "2026-01",
        reference,
        f"sha-{reference}",
    )


def only(report: Report, error_type: str) -> Score:
    (found,) = [s for s in report.scores if s.error_type == error_type]
    return found


def counted(report: Report) -> tuple[int, int, int]:
    total = report.total
    return total.planted, total.detected, total.false_breaks


def test_a_perfect_result(tmp_path: Path) -> None:
    report = judged(
        tmp_path, [case("a"), case("b")], [("a", "missing", 100), ("b", "missing", 100)]
    )
    assert counted(report) == (2, 2, 0)
    assert report.is_perfect
    assert only(report, "planted_missing").mismatched_minor == 0


def test_what_is_missed_is_counted(tmp_path: Path) -> None:
    report = judged(tmp_path, [case("a"), case("b")], [("a", "missing", 100)])
    assert (only(report, "planted_missing").found, only(report, "planted_missing").missed) == (1, 1)
    assert not report.is_perfect


def test_a_wrong_type_is_detected_but_not_found(tmp_path: Path) -> None:
    report = judged(tmp_path, [case("a")], [("a", "duplicate", 100)])
    scored = only(report, "planted_missing")
    assert (scored.found, scored.misclassified, scored.missed) == (0, 1, 0)
    assert (report.total.detected, report.is_perfect) == (1, False)


def test_a_break_that_nobody_planted_is_false(tmp_path: Path) -> None:
    report = judged(tmp_path, [case("a")], [("a", "missing", 100), ("f", "missing", 7)])
    assert only(report, "unexplained missing").false_breaks == 1
    assert only(report, "unexplained missing").mismatched_minor == 7
    assert (report.total.false_breaks, report.is_perfect) == (1, False)


def test_a_decoy_that_is_broken_is_false(tmp_path: Path) -> None:
    decoy = case("a", "split", 0, expected="matched")
    report = judged(tmp_path, [decoy], [("a", "duplicate", 100)])
    assert only(report, "planted_split").false_breaks == 1
    assert counted(report) == (0, 0, 1)


def test_a_wrong_amount_shows_in_the_money(tmp_path: Path) -> None:
    report = judged(tmp_path, [case("a", amount=100)], [("a", "missing", 70)])
    assert only(report, "planted_missing").mismatched_minor == 30


def test_a_case_named_by_another_leg_s_reference_is_the_same_item(tmp_path: Path) -> None:
    report = judged(tmp_path, [case("bank-c")], [("c", "missing", 100)])
    assert report.is_perfect
    assert report.total.detected == 1


def test_a_case_whose_record_is_nowhere_is_missed(tmp_path: Path) -> None:
    report = judged(tmp_path, [case("nowhere")], [])
    assert only(report, "planted_missing").missed == 1


def test_each_leg_has_its_own_totals_by_count_and_by_money(tmp_path: Path) -> None:
    in_euro = (*case("b", amount=50)[:6], "EUR", *case("b")[7:])
    elsewhere = (*case("bank-c")[:3], "payout_bank", *case("bank-c")[4:])
    report = judged(
        tmp_path,
        [case("a", amount=300), in_euro, elsewhere],
        [("a", "missing", 300), ("f", "missing", 100)],
    )
    settlement, bank = sorted(report.legs, key=lambda leg: leg.leg, reverse=True)[::-1]
    assert (settlement.leg, settlement.planted, settlement.detected) == (LEG, 2, 1)
    assert (settlement.planted_money, settlement.detected_money) == (400, 300)
    assert (settlement.reported, settlement.reported_money) == (2, 400)
    assert (bank.leg, bank.planted, bank.detected, bank.reported) == ("payout_bank", 1, 0, 0)
    assert report.total.planted_money == 500
    assert report.as_dict()["total"]["planted"] == 3


def total_off(reference: str, amount: int) -> tuple[object, ...]:
    planted = case(reference, "control_total_mismatch", amount)
    return (*planted[:3], "files", *planted[4:])


def test_a_wrong_total_is_found_in_its_file(tmp_path: Path) -> None:
    report = judged(tmp_path, [total_off("x", 30)], [], (("sha-x", None, -30),))
    assert counted(report) == (1, 1, 0)
    assert report.is_perfect


def test_a_wrong_total_of_a_file_that_nobody_touched_is_false(tmp_path: Path) -> None:
    files = (("sha-x", None, 0), ("sha-y", None, 7), ("sha-old", "sha-y", 7))
    report = judged(tmp_path, [total_off("x", 30)], [], files)
    assert counted(report) == (1, 0, 1)


def test_a_wrong_total_that_another_error_explains_is_not_false(tmp_path: Path) -> None:
    report = judged(tmp_path, [case("a")], [("a", "missing", 100)], (("sha-a", None, 100),))
    assert report.is_perfect


def test_without_a_truth_there_is_no_score(tmp_path: Path) -> None:
    with connect() as edition, pytest.raises(NoTruth, match="simulated"):
        score(edition, "e", tmp_path)
