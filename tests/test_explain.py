"""`explain` on a small edition made by hand: what it finds, tells, and never guesses."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from pipelines import explained
from tieout.canonical import Canonical
from tieout.contracts import ALL_SCHEMAS, BUSINESS_TABLES
from tieout.editions import Editions
from tieout.engine import connect
from tieout.explain import Choices, Nothing, Store, Story, as_json, explain
from tieout.landing import Landing

ARRIVED, AS_OF = date(2026, 1, 5), date(2026, 1, 31)
WHEN = datetime(2026, 1, 2, 10, 0, 0, tzinfo=UTC)
TEXT, MINOR, COUNT, DAY = pa.string(), pa.int64(), pa.int32(), pa.date32()
PLACE = {"source_file_sha256": TEXT, "source": TEXT, "source_line": MINOR}
PUBLISHED: dict[str, dict[str, pa.DataType]] = {
    "fct_reconciliation_members": {
        "record_id": TEXT, "leg": TEXT, "side": TEXT, "item_id": TEXT, "excluded_reason": TEXT,
        "source_table": TEXT, **PLACE, "processor": TEXT, "reference": TEXT, "amount_minor": MINOR,
        "currency": TEXT, "business_date": DAY,
    },
    "fct_reconciliation_items": {
        "item_id": TEXT, "leg": TEXT, "match_key": TEXT, "processor": TEXT, "reference": TEXT,
        "status": TEXT, "match_pass": TEXT, "break_type": TEXT, "left_count": COUNT,
        "right_count": COUNT, "left_minor": MINOR, "right_minor": MINOR, "difference_minor": MINOR,
        "currency": TEXT, "business_date": DAY, "right_date": DAY, "deadline": DAY, "as_of": DAY,
        "age_days": COUNT, "is_ambiguous": pa.bool_(), "candidate_count": COUNT,
    },
    "rpt_source_files": {
        "source_file_sha256": TEXT, "source": TEXT, "format": TEXT, "status": TEXT, "reason": TEXT,
        "bytes": MINOR, "records": MINOR, "canonical_records": MINOR, "canonical_rows": MINOR,
        "quarantined_records": MINOR, "structural_records": MINOR, "report_id": TEXT,
        "report_version": TEXT, "superseded_by": TEXT, "superseded_because": TEXT,
    },
    "rpt_file_conservation": {
        "source_file_sha256": TEXT, "rows_in_use": MINOR, "rows_superseded": MINOR,
    },
    "rpt_control_totals": {
        **PLACE, "name": TEXT, "scope": TEXT, "currency": TEXT, "stated": MINOR,
        "computed": MINOR, "difference": MINOR,
    },
    "rpt_findings": {**PLACE, "code": TEXT, "message": TEXT},
    "rpt_quarantine": {**PLACE, "format": TEXT, "raw_text": TEXT, "reason": TEXT},
    "rpt_legs": {
        "leg": TEXT, "place": COUNT, "title": TEXT, "left_side": TEXT, "right_side": TEXT,
        "tolerance_minor": MINOR, "tolerance_bps": COUNT, "deadline_days": COUNT,
        "missing_days": COUNT, "netting_window_days": COUNT,
    },
    "deliveries": {
        "sha256": TEXT, "bytes": MINOR, "origin": TEXT, "received_at": TEXT, "arrival_day": TEXT,
    },
}  # fmt: skip
LEGS = {
    "ledger_balance": ("Ledger balance", "Debits", "Credits"),
    "payment_settlement": ("Payments to settlement", "Payments", "Settlement"),
    "batch_payout": ("Settlement to payout", "Settlement lines", "Payout"),
    "payout_bank": ("Payout to bank", "Payout", "Bank"),
}
DEFAULTS: dict[pa.DataType, object] = {TEXT: "x", MINOR: 0, COUNT: 1, DAY: date(2026, 1, 2)}


def padded(name: str) -> str:
    """A hash of 32 hexadecimal digits that begins so."""
    return name.ljust(32, "0")


class World:
    """An edition in the making, with the files it was read from."""

    def __init__(self, home: Path) -> None:
        self.landing = Landing(home / "landing")
        self.canonical = Canonical(home / "canonical")
        self.editions = Editions(home / "editions")
        self.rows: dict[str, list[dict[str, object]]] = {name: [] for name in PUBLISHED}
        self.stored: dict[tuple[str, str], list[dict[str, object]]] = {}
        for place, (leg, (title, left, right)) in enumerate(LEGS.items()):
            self.rows["rpt_legs"].append(
                {
                    "leg": leg, "place": place, "title": title, "left_side": left,
                    "right_side": right, "tolerance_minor": 0, "tolerance_bps": 0,
                    "deadline_days": 5, "missing_days": 8,
                    "netting_window_days": 7 if leg == "payout_bank" else 0,
                }
            )  # fmt: skip

    def file(self, origin: str, *lines: str, known: bool = True, **about: object) -> str:
        data = ("\n".join(lines) + "\n").encode()
        sha256 = self.landing.land_bytes(data, origin, ARRIVED).sha256
        if known:
            counts = dict.fromkeys(
                ("records", "canonical_records", "canonical_rows", "quarantined_records",
                 "structural_records"), 0,
            )  # fmt: skip
            row = {"source_file_sha256": sha256, "source": "s", "format": "f", "status": "read"}
            self.rows["rpt_source_files"].append({**row, "bytes": len(data), **counts, **about})
            self.rows["deliveries"].append(
                {"sha256": sha256, "bytes": len(data), "origin": origin, "received_at": "t",
                 "arrival_day": ARRIVED.isoformat()}
            )  # fmt: skip
        return sha256

    def record(
        self, table: str, sha256: str, line: int, record_id: str, **values: object
    ) -> dict[str, object]:
        """A canonical row; what is required and not given has a value of its type."""
        row: dict[str, object] = {
            field.name: WHEN if pa.types.is_timestamp(field.type) else DEFAULTS[field.type]
            for field in BUSINESS_TABLES[table].columns
            if not field.nullable
        }
        row |= {"currency": "EUR"} if "currency" in row else {}
        row |= {"record_id": padded(record_id), "source": "s", "source_file_sha256": sha256}
        row |= {"source_line": line, "extra": None, **values}
        self.stored.setdefault((table, sha256), []).append(row)
        return {**row, "source_table": table}

    def item(
        self,
        leg: str,
        item_id: str,
        left: list[tuple[dict[str, object], int]],
        right: list[tuple[dict[str, object], int]],
        status: str = "matched",
        **values: object,
    ) -> None:
        sums = [sum(minor for _, minor in side) for side in (left, right)]
        day = values.pop("business_date", date(2026, 1, 2))
        self.rows["fct_reconciliation_items"].append(
            {
                "item_id": padded(item_id), "leg": leg, "match_key": f"key|{item_id}",
                "reference": values.get("reference"), "status": status,
                "match_pass": "exact" if status == "matched" else None,
                "left_count": len(left), "right_count": len(right), "left_minor": sums[0],
                "right_minor": sums[1], "difference_minor": sums[0] - sums[1], "currency": "EUR",
                "business_date": day, "right_date": day, "deadline": date(2026, 1, 7),
                "as_of": AS_OF, "age_days": 29, "is_ambiguous": False, **values,
            }
        )  # fmt: skip
        for side, records in (("left", left), ("right", right)):
            for row, minor in records:
                self.member(leg, side, row, minor, item_id=padded(item_id))

    def member(
        self, leg: str, side: str, row: dict[str, object], minor: int, **values: object
    ) -> None:
        names = ("record_id", "source_table", "source", "source_file_sha256", "source_line")
        own = {name: row[name] for name in names}
        reference = row.get("payout_id") or row.get("processor_reference")
        self.rows["fct_reconciliation_members"].append(
            {
                **own, "leg": leg, "side": side, "amount_minor": minor, "currency": row["currency"],
                "processor": row.get("processor"), "reference": reference,
                "business_date": date(2026, 1, 2), **values,
            }
        )  # fmt: skip

    @contextmanager
    def open(self, *, without: tuple[str, ...] = ()) -> Iterator[Store]:
        """Write and publish everything, and open it as `tieout explain` does."""
        self.canonical.ensure_schemas()
        for (table, sha256), rows in self.stored.items():
            path = self.canonical.path(table, ARRIVED, sha256)
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist(rows, ALL_SCHEMAS[table]), path)
        names = [name for name in PUBLISHED if name not in without]
        with connect() as warehouse:
            for name in names:
                schema = pa.schema(list(PUBLISHED[name].items()))
                warehouse.register(name, pa.Table.from_pylist(self.rows[name], schema))
            edition, _ = self.editions.publish(
                warehouse,
                {name: name for name in names},
                as_of=AS_OF.isoformat(),
                reporting_currency="USD",
                tieout_version="0",
            )
        with self.editions.connect() as connection:
            store = Store(edition, connection, self.canonical, self.landing)
            yield store
            store.close()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A payment settled 2.00 short, its journal, its payout netted with another, the bank."""
    world = World(tmp_path)
    own = world.file("company/payments.csv", "head", "att_1,pay_1", "att_2,pay_2")
    ledger = world.file("company/ledger.csv", "head", "ent_1,jrn_1", "ent_2,jrn_1", "ent_3,jrn_1")
    report = world.file(
        "adyen/report.csv", "head", "ch_1 line", "fee line", "po_1 payout", "po_2 payout",
        records=5, canonical_records=4, structural_records=1, canonical_rows=4,
    )  # fmt: skip
    bank = world.file("bank/statement.txt", "head", "one sum", "refund of a friend", "same text")
    attempt = world.record(
        "payments", own, 2, "a1", attempt_id="att_1", payment_id="pay_1", status="captured",
        amount_minor=10_00, captured_minor=10_00, processor="adyen", processor_reference="ch_1",
    )  # fmt: skip
    entries = [
        world.record(
            "ledger_entries", ledger, line, f"e{line}", entry_id=f"ent_{line - 1}",
            journal_id="jrn_1", amount_minor=minor, payment_id="pay_1", reference="att_1",
            event_type="capture",
        )
        for line, minor in ((2, 10_00), (3, -9_00), (4, -50))
    ]  # fmt: skip
    paid = {"processor": "adyen", "payout_id": "po_1", "payout_reference": "TX 1"}
    charge = world.record(
        "settlement_lines", report, 2, "c1", **paid, line_kind="charge", net_minor=8_00,
        gross_minor=8_00, presentment_minor=8_00, presentment_currency="EUR",
        processor_reference="ch_1",
    )  # fmt: skip
    fee = world.record(
        "settlement_lines", report, 3, "c2", **paid, line_kind="fee", net_minor=-1_00
    )
    first = world.record(
        "settlement_lines", report, 4, "c3", **paid, line_kind="payout", net_minor=-7_00
    )
    other = world.record(
        "settlement_lines", report, 5, "c4", processor="adyen", payout_id="po_2",
        payout_reference="TX 2", line_kind="payout", net_minor=-3_00,
    )  # fmt: skip
    entry = world.record(
        "bank_lines", bank, 2, "b1", amount_minor=10_00, remittance="COLLECTIVE",
        bank_reference="BR1",
    )  # fmt: skip
    world.item(
        "payment_settlement", "aaaaaaaa1", [(attempt, 10_00)], [(charge, 8_00)], "broken",
        break_type="amount_mismatch", reference="ch_1",
    )  # fmt: skip
    world.item(
        "ledger_balance", "aaaaaaaa2", [(entries[0], 10_00)],
        [(entries[1], 9_00), (entries[2], 50)], "broken", break_type="unbalanced_journal",
        reference="jrn_1",
    )  # fmt: skip
    world.item("batch_payout", "bbbbbbbb1", [(charge, 8_00), (fee, -1_00)], [(first, 7_00)])
    world.item(
        "payout_bank", "bbbbbbbb2", [(first, 7_00), (other, 3_00)], [(entry, 10_00)],
        match_pass="netting", match_key="record|b1", candidate_count=2,
    )  # fmt: skip
    world.member("batch_payout", "right", other, 3_00, excluded_reason="report_states_no_payout")
    world.member("payment_settlement", "right", fee, 0, excluded_reason="not_a_payment_event")
    return world


def told(world: World, asked: str, **options: tuple[str, ...]) -> Story:
    with world.open(**options) as store:
        answer = explain(store, asked)
    assert isinstance(answer, Story), answer
    return answer


@pytest.mark.parametrize("asked", ["pay_1", "att_1", "ch_1", " pay_1\n"])
def test_a_payment_by_any_of_its_names(world: World, asked: str) -> None:
    story = told(world, asked)
    assert (story.kind, story.title) == ("payment", "payment pay_1")
    titles = [group.title for group in story.groups]
    assert titles == ["Attempts", "Settlement lines", "Journal jrn_1 (capture)"]
    (attempt,) = story.groups[0].records
    assert (attempt.status, attempt.amounts["amount"].text) == ("captured", "10.00 EUR")
    (journal, leg, payout) = story.legs
    assert (leg.status, leg.break_type) == ("broken", "amount_mismatch")
    assert leg.sentence == "2.00 EUR more in payments than in settlement"
    assert leg.difference is not None
    assert (leg.difference.minor, leg.difference.text) == (2_00, "2.00 EUR")
    assert leg.rule == "equal to the minor unit, in transit for 5 days, late until day 8"
    assert (leg.deadline, leg.age_days) == ("2026-01-07", 29)
    assert journal.break_type == "unbalanced_journal"
    assert (payout.leg, payout.match_pass) == ("batch_payout", "exact")
    assert {(line.place.origin, line.place.line, line.text) for line in story.lines} == {
        ("company/payments.csv", 2, "att_1,pay_1"),
        ("adyen/report.csv", 2, "ch_1 line"),
        ("company/ledger.csv", 2, "ent_1,jrn_1"),
        ("company/ledger.csv", 3, "ent_2,jrn_1"),
        ("company/ledger.csv", 4, "ent_3,jrn_1"),
    }
    assert story.lines[0].place.arrival_day == "2026-01-05"
    assert story.see_also == ("po_1",)


@pytest.mark.parametrize("asked", ["jrn_1", "ent_2"])
def test_a_journal_says_by_how_much_it_does_not_balance(world: World, asked: str) -> None:
    story = told(world, asked)
    (group,) = story.groups
    assert (story.title, group.note) == ("journal jrn_1", "does not balance: off by 0.50 EUR")
    assert [(t.name, t.records, t.amount.minor) for t in group.totals] == [
        ("debits", 1, 10_00),
        ("credits", 2, 9_50),
    ]
    assert [record.is_asked for record in group.records] == [False, asked == "ent_2", False]
    assert "pay_1" in story.see_also


@pytest.mark.parametrize("asked", ["po_1", "TX 1"])
def test_a_payout_in_sums_with_its_bank_entry_and_who_shares_it(world: World, asked: str) -> None:
    story = told(world, asked)
    lines, stated, bank, netted = story.groups
    assert [(t.name, t.records, t.amount.text) for t in lines.totals] == [
        ("charge", 1, "8.00 EUR"),
        ("fee", 1, "-1.00 EUR"),
        ("together", 2, "7.00 EUR"),
    ]
    assert stated.records[0].amounts["net"].minor == -7_00
    assert bank.records[0].details["remittance"] == "COLLECTIVE"
    assert [(t.name, t.amount.minor) for t in netted.totals] == [("po_2", 3_00)]
    assert {leg.match_pass for leg in story.legs} == {"exact", "netting"}
    standings = {(s.leg, s.status): s.lines for s in story.standings}
    assert standings["payment_settlement", "broken"] == 1
    assert standings["payment_settlement", "excluded"] == 1
    assert "po_2" in story.see_also


def test_a_bank_line_and_which_payouts_it_pays(world: World) -> None:
    story = told(world, "BR1")
    assert story.kind == "bank_line"
    assert story.legs[0].sentence == "Payout and bank agree on 10.00 EUR"
    assert story.legs[0].compared.startswith("nothing")
    assert [line.text for line in story.lines] == ["one sum"]


def test_an_excluded_record_says_why(world: World) -> None:
    story = told(world, padded("c2"))
    (reason,) = story.left_out
    assert (reason.leg, reason.reason) == ("payment_settlement", "not_a_payment_event")
    assert reason.meaning == "it is no capture, refund or chargeback"


def test_texts_that_several_lines_share_are_a_choice_and_each_can_be_chosen(world: World) -> None:
    sha256 = world.rows["rpt_source_files"][3]["source_file_sha256"]
    for line in (3, 4):
        row = world.record(
            "bank_lines", str(sha256), line, f"d{line}", remittance="SALARIES", amount_minor=-line
        )
        world.member("payout_bank", "right", row, -line, excluded_reason="not_from_a_processor")
    with world.open() as store:
        answer = explain(store, "SALARIES")
        assert isinstance(answer, Choices)
        assert [choice.id for choice in answer.choices] == [padded("d3"), padded("d4")]
        for choice in answer.choices:
            story = explain(store, choice.id)
            assert isinstance(story, Story)
            assert story.groups[0].records[0].record_id == choice.id
        assert isinstance(explain(store, "salar"), Choices)  # a part of the text, in any capitals


def test_an_entry_booked_twice_is_one_story(world: World) -> None:
    sha256 = str(world.rows["rpt_source_files"][3]["source_file_sha256"])
    twice = [
        (world.record("bank_lines", sha256, line, f"d{line}", remittance="TWICE"), 100)
        for line in (3, 4)
    ]
    world.item("payout_bank", "cccccccc1", [], twice, "broken", break_type="unknown_reference")
    story = told(world, "TWICE")
    assert story.groups[0].count == 2
    assert story.legs[0].sentence == "2.00 EUR is missing in payout"


def test_an_item_by_its_beginning(world: World) -> None:
    story = told(world, "aaaaaaaa1")
    assert story.title == "item Payments to settlement: ch_1"
    assert story.legs[0].item_id == padded("aaaaaaaa1")
    assert {record.table for group in story.groups for record in group.records} == {
        "payments",
        "settlement_lines",
    }
    with world.open() as store:
        several = explain(store, "AAAAAAAA")
        assert isinstance(several, Choices)
        assert [choice.id for choice in several.choices] == [
            padded("aaaaaaaa1"),
            padded("aaaaaaaa2"),
        ]
        assert isinstance(explain(store, "aaaaaaa"), Nothing)  # seven characters


def test_an_ambiguous_item_lists_its_candidates_within_the_window(world: World) -> None:
    sha256 = str(world.rows["rpt_source_files"][2]["source_file_sha256"])
    for name, day in (("f1", 3), ("f2", 9), ("f3", 1)):
        row = world.record("settlement_lines", sha256, 9, name, payout_id=f"po_{name}")
        world.item(
            "payout_bank", f"cccccccc{name}", [(row, 5_00)], [], "broken", reference=f"po_{name}",
            break_type="missing_in_bank", business_date=date(2026, 1, day), is_ambiguous=True,
        )  # fmt: skip
    entry = world.record("bank_lines", sha256, 8, "f9", bank_reference="WHOSE")
    world.item(
        "payout_bank", "ccccccccf9", [], [(entry, 5_00)], "broken", break_type="unknown_reference",
        business_date=date(2026, 1, 9), is_ambiguous=True, candidate_count=2,
        match_key="record|f9",
    )  # fmt: skip
    (leg,) = told(world, "WHOSE").legs
    assert leg.is_ambiguous
    assert [one.reference for one in leg.candidates] == ["po_f1", "po_f2"]  # po_f3 is too old
    # From the other side: the entries that a payout could be part of.
    (candidate,) = told(world, padded("ccccccccf1")).legs[0].candidates
    assert candidate.item_id == padded("ccccccccf9")
    assert told(world, padded("ccccccccf3")).legs[0].candidates == ()


def restated(world: World) -> tuple[str, str]:
    """The report again with other content, which supersedes the first."""
    files = world.rows["rpt_source_files"]
    old = files[2]
    new = world.file("adyen/again/report.csv", "head", "ch_1 line anew", records=2)
    old |= {"superseded_by": new, "superseded_because": "newer_version"}
    return str(old["source_file_sha256"]), new


@pytest.mark.parametrize("by", ["path", "name", "inbox", "sha256", "beginning"])
def test_a_file_by_its_name_or_hash(world: World, by: str) -> None:
    sha256 = str(world.rows["rpt_source_files"][2]["source_file_sha256"])
    place = {"source_file_sha256": sha256, "source": "s", "source_line": 4}
    total = {"name": "payout", "scope": "po_1", "currency": "EUR"}
    world.rows["rpt_control_totals"] += [
        {**place, **total, "stated": 7_00, "computed": 7_00, "difference": 0},
        {**place, **total, "stated": 9_00, "computed": 7_00, "difference": 2_00},
    ]
    world.rows["rpt_findings"].append({**place, "code": "odd", "message": "an odd line"})
    world.rows["rpt_quarantine"].append({**place, "raw_text": "x'x", "reason": "too short"})
    world.rows["rpt_file_conservation"].append(
        {"source_file_sha256": sha256, "rows_in_use": 4, "rows_superseded": 0}
    )
    asked = {
        "path": "adyen/report.csv",
        "name": "report.csv",
        "inbox": "inbox/adyen/report.csv",
        "sha256": sha256,
        "beginning": sha256[:8].upper(),
    }[by]
    story = told(world, asked)
    file = story.file
    assert file is not None
    assert (file.sha256, file.origins) == (sha256, ("adyen/report.csv",))
    assert (file.records, file.canonical_records, file.structural_records) == (5, 4, 1)
    assert [(t.stated, t.difference, t.holds) for t in file.control_totals] == [
        ("9.00 EUR", "2.00 EUR", False),
        ("7.00 EUR", "0.00 EUR", True),
    ]
    assert (file.findings[0].code, file.quarantine[0].text) == ("odd", "x'x")
    assert {(s.leg, s.status): s.lines for s in story.standings} == {
        ("payment_settlement", "broken"): 1,
        ("payment_settlement", "excluded"): 1,
        ("batch_payout", "matched"): 3,
        ("batch_payout", "excluded"): 1,
        ("payout_bank", "matched"): 2,
    }
    assert [leg.leg for leg in story.legs] == ["payment_settlement"]


def test_a_restated_file_names_the_other_and_why(world: World) -> None:
    old, new = restated(world)
    first, second = told(world, "adyen/report.csv").file, told(world, new[:12]).file
    assert first is not None
    assert first.superseded_by is not None
    assert (first.superseded_by.sha256, first.superseded_by.because) == (
        new,
        "it states a newer version",
    )
    assert second is not None
    assert [other.sha256 for other in second.supersedes] == [old]
    with world.open() as store:
        assert isinstance(explain(store, "report.csv"), Choices)


@pytest.mark.parametrize("asked", ["Company/19", "DE01/7", "DE01/8"])
def test_a_report_or_statement_is_told_with_its_file(world: World, asked: str) -> None:
    report, bank = world.rows["rpt_source_files"][2:4]
    report["report_id"] = "Company/19"
    sha256 = str(bank["source_file_sha256"])
    world.record("bank_balances", sha256, 1, "f1", statement_id="DE01/7")
    world.record("bank_lines", sha256, 3, "f2", statement_id="DE01/8")
    story = told(world, asked)
    assert story.title.startswith("file ")
    assert story.file is not None
    assert story.file.sha256 == (report if asked == "Company/19" else bank)["source_file_sha256"]


def test_of_a_report_that_came_twice_the_choice_says_which_is_superseded(world: World) -> None:
    restated(world)
    for row in world.rows["rpt_source_files"][2::2]:
        row["report_id"] = "Company/19"
    with world.open() as store:
        answer = explain(store, "Company/19")
    assert isinstance(answer, Choices)
    assert {choice.label for choice in answer.choices} == {
        "file adyen/report.csv (superseded)",
        "file adyen/again/report.csv",
    }


def test_a_merchant_that_no_table_lists_is_told_by_what_mentions_it(world: World) -> None:
    sha256 = str(world.rows["rpt_source_files"][0]["source_file_sha256"])
    for line, name in ((2, "to_merchant_id"), (3, "from_merchant_id")):
        world.record("transfers", sha256, line, f"f{line}", transfer_id=f"tr_{line}",
                     **{name: "mrc_9"})  # fmt: skip
    world.record("advances", sha256, 4, "f4", merchant_id="mrc_9")
    story = told(world, "mrc_9")
    assert story.title == "name mrc_9"
    assert {group.title: group.count for group in story.groups} == {"Transfers": 2, "Advances": 1}


def test_of_very_many_things_the_first_are_the_choice(world: World) -> None:
    sha256 = str(world.rows["rpt_source_files"][3]["source_file_sha256"])
    for line in range(30):
        world.record("bank_lines", sha256, line, f"d{line:02}", remittance="SALARIES")
    with world.open() as store:
        answer = explain(store, "SALARIES")
    assert isinstance(answer, Choices)
    assert (len(answer.choices), answer.count) == (20, 30)


def test_other_versions_of_a_record_are_told_as_such_and_the_current_line_is_shown(
    world: World,
) -> None:
    old, new = restated(world)
    kept = {key: rows for key, rows in world.stored.items() if key[1] == old}
    for row in kept["settlement_lines", old][:1]:
        world.stored["settlement_lines", new] = [
            {**row, "source_file_sha256": new, "source_line": 2}
        ]
    for member in world.rows["fct_reconciliation_members"]:
        if member["record_id"] == padded("c1"):
            member |= {"source_file_sha256": new, "source_line": 2}
    story = told(world, "pay_1")
    states = {(r.place.sha256, r.state) for r in story.groups[1].records}
    assert states == {(old, "superseded"), (new, "current")}
    assert "ch_1 line anew" in [line.text for line in story.lines]
    assert "ch_1 line" not in [line.text for line in story.lines]


def test_a_file_that_came_after_the_edition_is_not_read(world: World) -> None:
    later = world.file("company/later.csv", "head", "att_9,pay_9", known=False)
    world.record("payments", later, 2, "a9", attempt_id="att_9", payment_id="pay_9")
    with world.open() as store:
        assert isinstance(explain(store, "pay_9"), Nothing)
        assert isinstance(explain(store, "later.csv"), Nothing)


def test_a_payment_that_only_others_know(world: World) -> None:
    sha256 = str(world.rows["rpt_source_files"][1]["source_file_sha256"])
    row = world.record(
        "ledger_entries", sha256, 2, "e9", journal_id="jrn_9", payment_id="pay_9", reference="att_9"
    )
    world.item("ledger_balance", "dddddddd1", [(row, 0)], [])
    for asked in ("pay_9", "att_9"):
        story = told(world, asked)
        assert story.title == "payment pay_9"
        assert story.notes == ("The company has no record of the payment itself.",)


def test_a_reference_without_a_payment(world: World) -> None:
    sha256 = str(world.rows["rpt_source_files"][2]["source_file_sha256"])
    row = world.record(
        "settlement_lines", sha256, 2, "c9", line_kind="charge", processor_reference="ch_9",
        presentment_minor=300, presentment_currency="XXX",
    )  # fmt: skip
    world.item(
        "payment_settlement", "eeeeeeee1", [], [(row, 300)], "broken",
        break_type="missing_in_payments",
    )  # fmt: skip
    story = told(world, "ch_9")
    assert (story.kind, story.legs[0].meaning) == ("reference", "the company has no record of it")
    amount = story.groups[0].records[0].amounts["presentment"]
    assert amount.text == "300 minor units of XXX"


def test_what_is_nearly_spelt_so_is_suggested(world: World) -> None:
    with world.open() as store:
        for asked, meant in (("pay_x", "pay_1"), ("PAY_1", "pay_1"), ("reprot.csv", "report.csv")):
            answer = explain(store, asked)
            assert isinstance(answer, Nothing)
            assert meant in answer.near
        assert any("ledger entries" in what for what in answer.searched)


@pytest.mark.parametrize(
    "asked",
    ["", " ", "'", '"', "o'b\"r; drop table x", "%", "_", "\\", "a|b", "é", "*", "$asked", "?",
     "[red]", "\udcff", "a\x00b", "../../etc/passwd", "x" * 5000, "0" * 8, "f" * 64],
)  # fmt: skip
def test_strange_ids_find_nothing_and_break_nothing(world: World, asked: str) -> None:
    with world.open() as store:
        assert isinstance(explain(store, asked), Nothing)


def test_an_id_with_a_quote_is_found(world: World) -> None:
    sha256 = str(world.rows["rpt_source_files"][0]["source_file_sha256"])
    name = "pay'\"; --"
    world.record("payments", sha256, 2, "a9", attempt_id="att_9", payment_id=name)
    assert told(world, name).title == f"payment {name}"


def test_a_file_that_is_gone_says_so(world: World) -> None:
    world.landing.path(str(world.rows["rpt_source_files"][0]["source_file_sha256"])).unlink()
    missing = [line for line in told(world, "pay_1").lines if line.text is None]
    assert [line.missing for line in missing] == ["the file is no longer in the landing"]


def test_an_edition_of_before_the_legs_were_published(world: World) -> None:
    (leg,) = told(world, padded("aaaaaaaa1"), without=("rpt_legs",)).legs[:1]
    assert (leg.rule, leg.left.name, leg.break_type) == (None, "left", "amount_mismatch")


def test_the_json_is_the_same_each_time_and_holds_no_float(world: World) -> None:
    def no_float(text: str) -> float:
        raise AssertionError(f"{text} is a float")

    texts = [json.dumps(as_json(told(world, "po_1")), ensure_ascii=False) for _ in range(2)]
    assert texts[0] == texts[1]
    assert json.loads(texts[0], parse_float=no_float)["kind"] == "payout"
    for rows in world.rows.values():
        rows.reverse()
    assert json.dumps(as_json(told(world, "po_1")), ensure_ascii=False) == texts[0]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("pay_1", "✗ Payments to settlement broken: amount mismatch: 2.00 EUR more in payments"),
        ("pay_1", "line 2: ch_1 line"),
        ("ent_1", "does not balance: off by 0.50 EUR"),
        ("ent_1", "cash:bank:[red]EUR\\"),
        ("po_1", "Netted with, in one bank entry"),
        ("report.csv", "5 = 4 canonical + 0 quarantined + 1 structural"),
        ("aaaaaaaa", f"tieout explain {padded('aaaaaaaa2')}"),
        ("pay_x", "Did you mean: pay_1"),
    ],
)
def test_what_is_printed(
    world: World, monkeypatch: pytest.MonkeyPatch, asked: str, said: str
) -> None:
    for rows in world.stored.values():
        for row in rows:
            if "entry_id" in row:
                row["account"] = "cash:bank:[red]EUR\\"  # neither an emoji nor a style
    page = io.StringIO()
    monkeypatch.setattr(explained, "out", Console(file=page, width=200))
    with world.open() as store:
        explained.print_answer(explain(store, asked))
    assert said in page.getvalue()
