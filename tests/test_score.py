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
    "error_id", "error_type", "expected", "leg", "break_type", "amount_minor", "payment_id",
    "event_id", "reference",
)  # fmt: skip


def judged(
    tmp_path: Path, planted: list[tuple[object, ...]], breaks: list[tuple[str, str, int]]
) -> Report:
    """Score breaks (reference, type, value) against planted cases; references a to f exist."""
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
            " value_minor bigint)"
        )
        for name in "abcdef":
            warehouse.execute(
                "insert into fct_reconciliation_members values (?, ?, ?, ?),"
                " (?, 'payout_bank', null, ?)",
                [f"r{name}", LEG, f"i{name}", name, f"r{name}", f"bank-{name}"],
            )
        for name, kind, value in breaks:
            warehouse.execute(
                "insert into fct_breaks values (?, ?, ?, ?)", [f"i{name}", LEG, kind, value]
            )
        tables = ("fct_reconciliation_members", "fct_breaks")
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
        None,
        None,
        reference,
    )


def only(report: Report, error_type: str) -> Score:
    (found,) = [s for s in report.scores if s.error_type == error_type]
    return found


def test_a_perfect_result(tmp_path: Path) -> None:
    report = judged(
        tmp_path, [case("a"), case("b")], [("a", "missing", 100), ("b", "missing", 100)]
    )
    assert (report.planted, report.detected, report.false_breaks) == (2, 2, 0)
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
    assert (report.detected, report.is_perfect) == (1, False)


def test_a_break_that_nobody_planted_is_false(tmp_path: Path) -> None:
    report = judged(tmp_path, [case("a")], [("a", "missing", 100), ("f", "missing", 7)])
    assert only(report, "unexplained missing").false_breaks == 1
    assert only(report, "unexplained missing").mismatched_minor == 7
    assert (report.false_breaks, report.is_perfect) == (1, False)


def test_a_decoy_that_is_broken_is_false(tmp_path: Path) -> None:
    decoy = case("a", "split", 0, expected="matched")
    report = judged(tmp_path, [decoy], [("a", "duplicate", 100)])
    assert only(report, "planted_split").false_breaks == 1
    assert (report.planted, report.detected, report.false_breaks) == (0, 0, 1)


def test_a_wrong_amount_shows_in_the_money(tmp_path: Path) -> None:
    report = judged(tmp_path, [case("a", amount=100)], [("a", "missing", 70)])
    assert only(report, "planted_missing").mismatched_minor == 30


def test_a_case_named_by_another_leg_s_reference_is_the_same_item(tmp_path: Path) -> None:
    report = judged(tmp_path, [case("bank-c")], [("c", "missing", 100)])
    assert report.is_perfect
    assert report.detected == 1


def test_a_case_whose_record_is_nowhere_is_missed(tmp_path: Path) -> None:
    report = judged(tmp_path, [case("nowhere")], [])
    assert only(report, "planted_missing").missed == 1


def test_without_a_truth_there_is_no_score(tmp_path: Path) -> None:
    with connect() as edition, pytest.raises(NoTruth, match="simulated"):
        score(edition, "e", tmp_path)
