"""Files that nobody in this project wrote: what becomes of each, and what is known of them."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

from tests.formats.bank_parts import Parts
from tests.formats.tabular_parts import Reading
from tieout.formats import by_format, recognise
from tieout.formats.base import Head, UnreadableFile

GOLDEN = Path(__file__).parents[1] / "golden" / "samples.json"


def outcome(path: Path) -> dict[str, Any]:
    """What a reader says of a file: what it left out and what does not add up, with the lines."""
    try:
        reader = recognise(Head.of(path, path.name))
        reading = Reading(list(reader.read(path)))
    except UnreadableFile as error:
        return {"refused": re.sub(r"any of .*", "any format", str(error))}
    return {
        "format": reader.format,
        "records": reading.records,
        "structural": reading.structural,
        "quarantined": [f"{line}: {reason}" for line, reason in sorted(reading.reasons().items())],
        "totals": len(reading.totals),
        "differences": [
            f"{each.line}: {each.name}: {each.stated} is stated, {each.computed} found"
            for each in reading.totals
            if each.stated != each.computed
        ],
        "findings": dict(sorted(Counter(code for code, _ in reading.codes()).items())),
    }


def test_every_file_is_read_whole_or_reported(realdata: Path) -> None:
    """Run with UPDATE_GOLDEN=1 to accept a change; the diff of the file is what is reviewed."""
    files = sorted(path for path in realdata.rglob("*") if path.is_file())
    found = {str(path.relative_to(realdata)): outcome(path) for path in files}
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    assert found == json.loads(GOLDEN.read_text())


def test_a_quarter_of_a_bank_account_leads_from_one_balance_to_another(realdata: Path) -> None:
    parts = Parts.of(by_format("mt940"), realdata / "bank" / "mt940" / "ASNB" / "mt940.txt")
    balances = [row["amount_minor"] for row in parts.rows("bank_balances")]
    assert (balances[0], balances[-1]) == (44429, 50123)
    assert 44429 + sum(row["amount_minor"] for row in parts.lines) == 50123


def test_two_fees_of_a_stripe_payout_have_no_source(realdata: Path) -> None:
    reader = by_format("stripe_payout_reconciliation")
    reading = Reading(list(reader.read(realdata / "stripe" / "payout_reconciliation_itemized.csv")))
    fees = [row for row in reading.rows if row["processor_reference"] is None]
    assert [row["line_kind"] for row in fees] == ["fee", "fee"]


def test_an_adyen_batch_without_a_payout_nets_to_nothing(realdata: Path) -> None:
    path = realdata / "adyen" / "settlement_detail_report_batch_238.csv"
    rows = Reading(list(by_format("adyen_settlement_details").read(path))).rows
    assert sum(row["net_minor"] for row in rows) == 0
    assert "payout" not in {row["line_kind"] for row in rows}
