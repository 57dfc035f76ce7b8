"""The records of a story: found in the canonical store, told in groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tieout.contracts import BUSINESS_TABLES, LINEAGE
from tieout.explain.search import Subject, id_columns, mentioned_by_bank
from tieout.explain.store import ROWS_MAX, Row, Store, text
from tieout.explain.story import Amount, Group, Record, Total
from tieout.explain.words import words

_STATUS = {
    "payments": "status",
    "refunds": "refund_stage",
    "disputes": "stage",
    "ledger_entries": "event_type",
    "settlement_lines": "line_kind",
    "invoices": "invoice_status",
    "subscriptions": "subscription_status",
    "advances": "advance_stage",
}
# Names of things and people, not of this record.
_NOT_IDS = {"merchant_id", "from_merchant_id", "to_merchant_id"}
_LINES_OF_PAYOUT = (
    "record_id in (select record_id from fct_reconciliation_members"
    " where leg = 'batch_payout' and processor = $processor and reference = $payout)"
)
_CURRENCY_OF = {"presentment_minor": "presentment_currency"}


@dataclass
class Found:
    """What belongs to a subject: its groups, and the records by which its legs are found.

    `standing` is a condition on the members, for records too many to be told one by one.
    """

    groups: list[Group] = field(default_factory=list)
    record_ids: list[str] = field(default_factory=list)
    item_ids: list[str] = field(default_factory=list)
    standing: str | None = None
    parameters: dict[str, object] = field(default_factory=dict)
    see_also: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Teller:
    """Tells rows as records; it knows what was asked for."""

    def __init__(self, store: Store, asked: str) -> None:
        self.store = store
        self.asked = asked

    def records(self, table: str, rows: Sequence[Row]) -> tuple[Record, ...]:
        """Rows of one canonical table, each with its state."""
        used = self.store.in_use(row["record_id"] for row in rows)
        versions = Counter(row["record_id"] for row in rows)
        return tuple(
            self._record(table, row, self.store.state(row, used, versions[row["record_id"]]))
            for row in rows
        )

    def _record(self, table: str, row: Row, state: str) -> Record:
        ids, amounts, dates, details = {}, {}, {}, {}
        status = _STATUS.get(table)
        lineage = set(LINEAGE.names) | {status}
        for name, value in row.items():
            if value is None or name in lineage:
                continue
            if name.endswith("_minor"):
                currency = row.get(_CURRENCY_OF.get(name, "currency"))
                amounts[name.removesuffix("_minor")] = Amount.of(int(value), currency)
            elif isinstance(value, date):
                dates[name] = text(value)
            elif name.endswith(("_id", "reference")) and name not in _NOT_IDS:
                ids[name] = str(value)
            else:
                details[name] = text(value.normalize() if isinstance(value, Decimal) else value)
        own_names = (*BUSINESS_TABLES[table].key, "processor_reference", "bank_reference")
        is_asked = self.asked in (row["record_id"], *(ids.get(name) for name in own_names))
        place = self.store.place(row)
        own = row["record_id"], state, row.get(status) if status else None, is_asked
        return Record(table, *own, ids, amounts, dates, details, place)

    def group(self, title: str, table: str, rows: Sequence[Row]) -> list[Group]:
        """A group of rows; no rows are no group."""
        return [Group(title, len(rows), self.records(table, rows))] if rows else []


def find_records(store: Store, subject: Subject, asked: str) -> Found:
    """The records of a subject that is no file."""
    teller = Teller(store, asked)
    match subject.kind, subject.key:
        case "payment", (payment,):
            return _payment(teller, {payment}, set())
        case "reference", (reference,):
            return _payment(teller, set(), {reference})
        case "payout", (processor, payout):
            return _payout(teller, processor, payout)
        case "journal", (journal,):
            return _journal(teller, journal)
        case "bank_line", ids:
            return _single(teller, "bank_lines", ids)
        case "item", (item,):
            return Found(item_ids=[item])
        case "name", (name,):
            return _named(teller, name)
        case _, (table, record):
            return _single(teller, table, (record,))
    raise ValueError(f"no story is told of a {subject.kind}")


def _payment(teller: Teller, payments: set[str], references: set[str]) -> Found:
    """A payment by its id, or what goes by a reference that no record of the company has."""
    store = teller.store
    attempts = store.find("payments", {"payment_id": payments, "attempt_id": references})
    refunds = store.find("refunds", {"payment_id": payments, "refund_id": references})
    disputes = store.find("disputes", {"payment_id": payments, "dispute_event_id": references})
    own = [*attempts, *refunds, *disputes]
    events = references | {
        row[name]
        for row in own
        for name in ("attempt_id", "refund_id", "dispute_event_id")
        if row.get(name)
    }
    known = references | {r["processor_reference"] for r in own if r["processor_reference"]}
    lines = store.find(
        "settlement_lines",
        {
            "processor_reference": known,
            "payment_reference": known,
            "merchant_reference": payments,
        },
    )
    entries = store.find("ledger_entries", {"payment_id": payments, "reference": events})
    found = Found()
    for title, table, rows in (
        ("Attempts", "payments", attempts),
        ("Refunds", "refunds", refunds),
        ("Disputes", "disputes", disputes),
        ("Settlement lines", "settlement_lines", lines),
    ):
        found.groups += teller.group(title, table, rows)
    found.groups += _journals(teller, {row["journal_id"] for row in entries})
    if references:
        for name in sorted(references):
            found.groups += teller.group("Bank lines", "bank_lines", mentioned_by_bank(store, name))
    if not attempts:
        found.notes.append("The company has no record of the payment itself.")
    found.record_ids = ids_of(found.groups)
    found.see_also = sorted({row["payout_id"] for row in lines if row["payout_id"]})
    return found


def _journals(teller: Teller, journals: Iterable[str]) -> list[Group]:
    """Each journal with all its lines, and whether they balance in every currency."""
    rows = teller.store.find("ledger_entries", {"journal_id": journals})
    groups = []
    for journal in sorted({row["journal_id"] for row in rows}):
        own = [row for row in rows if row["journal_id"] == journal]
        records = teller.records("ledger_entries", own)
        current = [record for record in records if record.state == "current"]
        kinds = ", ".join(sorted({record.status or "" for record in records}))
        totals, note = _balance(current)
        groups.append(Group(f"Journal {journal} ({kinds})", len(own), records, totals, note))
    return groups


def _balance(entries: Sequence[Record]) -> tuple[tuple[Total, ...], str]:
    totals, off = [], []
    amounts = [entry.amounts["amount"] for entry in entries]
    for currency in sorted({amount.currency or "" for amount in amounts}):
        own = [amount.minor for amount in amounts if amount.currency == currency]
        debits, credits_ = [m for m in own if m >= 0], [m for m in own if m < 0]
        totals.append(Total("debits", len(debits), Amount.of(sum(debits), currency)))
        totals.append(Total("credits", len(credits_), Amount.of(-sum(credits_), currency)))
        if sum(own):
            off.append(Amount.of(sum(own), currency).text)
    return tuple(totals), f"does not balance: off by {', '.join(off)}" if off else "balances"


def _payout(teller: Teller, processor: str, payout: str) -> Found:
    """A payout: its lines in sums by kind, what is stated, the bank's entries, who shares them."""
    store = teller.store
    parameters: dict[str, object] = {"processor": processor, "payout": payout}
    found = Found(standing=_LINES_OF_PAYOUT, parameters=parameters)
    places = store.places_in_use(_LINES_OF_PAYOUT, **parameters)
    in_use = "from settlement_lines join places using (record_id, source_file_sha256, source_line)"
    sums = store.ask(
        "select line_kind, currency, count(*) as records, cast(sum(net_minor) as varchar) as net"
        f" {in_use} group by all order by line_kind, currency",
        places=places,
    )
    lines = [row for row in sums if row["line_kind"] != "payout"]
    totals = tuple(
        Total(row["line_kind"], row["records"], Amount.of(int(row["net"]), row["currency"]))
        for row in lines
    )
    count = sum(row["records"] for row in lines)
    if lines:
        found.groups.append(Group("Lines, net", count, (), (*totals, *_sum_of(totals))))
    stated = store.ask(
        "select settlement_lines.* from settlement_lines join places"
        " using (record_id, source_file_sha256, source_line)"
        " where line_kind = 'payout' order by source_file_sha256, source_line",
        places=places,
    )
    found.groups += teller.group("Payout, as stated", "settlement_lines", stated)
    if not stated:
        found.notes.append("The report states no payout; its lines are compared with the bank.")
    found.item_ids = [
        row["item_id"]
        for row in store.published(
            "select distinct item_id from fct_reconciliation_members where item_id is not null"
            f" and leg in ('batch_payout', 'payout_bank') and {_LINES_OF_PAYOUT} order by 1",
            **parameters,
        )
    ]
    _bank_side(teller, found, payout)
    found.record_ids = ids_of(found.groups)
    return found


def _sum_of(totals: Sequence[Total]) -> list[Total]:
    """All kinds together, one sum a currency."""
    sums = []
    for currency in sorted({total.amount.currency or "" for total in totals}):
        own = [total for total in totals if total.amount.currency == currency]
        minor = sum(total.amount.minor for total in own)
        sums.append(Total("together", sum(t.records for t in own), Amount.of(minor, currency)))
    return sums


def _bank_side(teller: Teller, found: Found, payout: str) -> None:
    """The bank's entries of a payout's items, and the payouts that they pay beside it."""
    store = teller.store
    members = store.published(
        "select record_id, side, reference, source_table, amount_minor, currency"
        " from fct_reconciliation_members where leg = 'payout_bank'"
        " and item_id in (select unnest($items)) and (side = 'right' or record_id not in"
        f" (select record_id from fct_reconciliation_members where {_LINES_OF_PAYOUT}))"
        " order by side, reference, record_id",
        items=found.item_ids,
        **found.parameters,
    )
    bank = [row["record_id"] for row in members if row["side"] == "right"]
    rows = store.current(store.find("bank_lines", {"record_id": bank}))
    found.groups += teller.group("Bank entries", "bank_lines", rows)
    partners = [row for row in members if row["side"] == "left"]
    if partners:
        totals = tuple(
            Total(row["reference"] or payout, 1, Amount.of(row["amount_minor"], row["currency"]))
            for row in partners
        )
        found.groups.append(Group("Netted with, in one bank entry", len(partners), (), totals))
        found.see_also += sorted({row["reference"] for row in partners if row["reference"]})


def _journal(teller: Teller, journal: str) -> Found:
    found = Found(groups=_journals(teller, [journal]))
    found.record_ids = ids_of(found.groups)
    found.see_also = _links(found.groups, ("payment_id", "reference"))
    return found


def _single(teller: Teller, table: str, ids: Sequence[str]) -> Found:
    rows = teller.store.find(table, {"record_id": ids})
    title = words(table).capitalize() if table in BUSINESS_TABLES else table
    found = Found(groups=teller.group(title, table, rows), record_ids=list(ids))
    found.see_also = _links(found.groups, ("payment_id", "journal_id", "payout_id"))
    return found


def _named(teller: Teller, name: str) -> Found:
    """All records that have an id in some column: the events of an advance, for one."""
    found = Found()
    for table in BUSINESS_TABLES:
        rows = teller.store.find(table, dict.fromkeys(id_columns(table), (name,)))
        found.groups += teller.group(words(table).capitalize(), table, rows)
        if len(rows) == ROWS_MAX:
            found.notes.append(f"Of {words(table)} the first {ROWS_MAX} are told.")
    found.record_ids = ids_of(found.groups)
    found.see_also = _links(found.groups, ("payment_id", "journal_id"))
    return found


def ids_of(groups: Iterable[Group]) -> list[str]:
    """The record ids of all groups, each once."""
    return list(dict.fromkeys(record.record_id for group in groups for record in group.records))


def _links(groups: Iterable[Group], names: Sequence[str]) -> list[str]:
    """What else a story can be asked of."""
    records = [record for group in groups for record in group.records]
    return sorted({r.ids[name] for r in records for name in names if name in r.ids})
