"""What goes by an ID: the whole search, from the narrowest meaning to the widest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tieout.contracts import BUSINESS_TABLES
from tieout.explain.store import IN_ORDER, Row, Store
from tieout.explain.words import plural

# A beginning of a hash must be this long: shorter ones are words and numbers.
PREFIX_MIN = 8
NEAR_MAX = 8
# Spelt nearly like it: one edit in about three characters, and never more than four.
EDITS_MAX = 4
FRAGMENT_MIN = 4
_HASH = re.compile(rf"[0-9a-f]{{{PREFIX_MIN},64}}")
_PAYMENT_KINDS = ("charge", "refund", "chargeback", "chargeback_reversal")

SEARCHED = (
    "payments, attempts, refunds and disputes by their ids and processors' references",
    "settlement lines by line, payment and payout",
    "ledger entries by entry, journal, payment and reference",
    "bank lines by reference and text",
    "every other table by its key, then by any id or reference that it mentions",
    "items by their reference",
    f"items and records by their ids, or the first {PREFIX_MIN} characters or more",
    "files by name, path, SHA-256, and the reports and statements in them",
)

# Columns by which a row is a part of a payment's story, or of a journal's.
_OWN = {
    "payments": ("payment_id", "attempt_id"),
    "refunds": ("refund_id",),
    "disputes": ("dispute_event_id",),
}
_STATEMENTS = (
    ("settlement_lines", "report_id"),
    ("bank_balances", "statement_id"),
    ("bank_lines", "statement_id"),
)
_BANK_COLUMNS = ("bank_reference", "end_to_end_id", "remittance")


@dataclass(frozen=True)
class Subject:
    """What a story is told of.

    Kinds and their keys: payment (id), reference (of a processor, or of an event that is in no
    table of the company), payout (processor, id), journal (id), bank_line (record ids), item (id),
    record (table, id), name (an id that only other columns hold), file (sha256).
    """

    kind: str
    key: tuple[str, ...]

    @property
    def label(self) -> str:
        """The subject in a line."""
        return " ".join((self.kind.replace("_", " "), *self.key))


Step = Callable[[Store, str, list[str]], Iterable[Subject]]


def find(store: Store, asked: str) -> tuple[list[Subject], list[str]]:
    """The subjects that go by the ID, and the columns it was found in.

    Meanings are tried from the narrowest to the widest, and the first that finds anything is
    taken: a payout's reference is the payout, and not each bank line that mentions it.
    """
    for step in _STEPS:
        found_in: list[str] = []
        subjects = sorted(set(step(store, asked, found_in)), key=lambda s: (s.kind, s.key))
        if subjects:
            return subjects, list(dict.fromkeys(found_in))
    return [], []


def _rows(
    store: Store, table: str, columns: Iterable[str], asked: str, found: list[str]
) -> list[Row]:
    """Rows with the ID in one of the columns; each column that has it is noted as found."""
    rows = store.find(table, dict.fromkeys(columns, (asked,)))
    for column in columns:
        hits = sum(row.get(column) == asked for row in rows)
        if hits:
            found.append(f"{table}.{column} ({plural(hits, 'row')})")
    return rows


def _own_ids(store: Store, asked: str, found: list[str]) -> Iterator[Subject]:
    """The ids that the company or a processor gave to the record itself."""
    for table, columns in _OWN.items():
        for row in _rows(store, table, columns, asked, found):
            yield Subject("payment", (row["payment_id"],))
    for row in _rows(store, "ledger_entries", ("journal_id", "entry_id"), asked, found):
        yield Subject("journal", (row["journal_id"],))
    yield from _payouts(store, asked, found)
    for row in _rows(store, "settlement_lines", ("line_id",), asked, found):
        yield _of_line(store, row)
    for name, contract in BUSINESS_TABLES.items():
        if name not in (*_OWN, "ledger_entries", "settlement_lines") and len(contract.key) == 1:
            for row in _rows(store, name, contract.key, asked, found):
                yield Subject("record", (name, row["record_id"]))


def _payouts(store: Store, asked: str, found: list[str]) -> Iterator[Subject]:
    if not {"payout_id", "payout_reference"} <= store.columns("settlement_lines"):
        return
    for column in ("payout_id", "payout_reference"):
        rows = store.ask(
            "select processor, payout_id, count(*) as lines from settlement_lines"
            f" where {column} = ? and payout_id is not null group by all order by all",
            [asked],
        )
        if rows:
            lines = sum(row["lines"] for row in rows)
            found.append(f"settlement_lines.{column} ({plural(lines, 'row')})")
        for row in rows:
            yield Subject("payout", (row["processor"], row["payout_id"]))


def _of_line(store: Store, row: Row) -> Subject:
    """The payment that a settlement line is of, else the payout that it is, else itself."""
    reference = row["processor_reference"]
    if row["line_kind"] == "payout" and row["payout_id"]:
        return Subject("payout", (row["processor"], row["payout_id"]))
    if row["line_kind"] not in _PAYMENT_KINDS or not reference:
        return Subject("record", ("settlement_lines", row["record_id"]))
    for table in _OWN:
        for own in store.find(table, {"processor_reference": (reference,)}):
            if own["processor"] in (None, row["processor"]):
                return Subject("payment", (own["payment_id"],))
    return Subject("reference", (reference,))


def _processor_references(store: Store, asked: str, found: list[str]) -> Iterator[Subject]:
    """What a processor calls the event: first as the company recorded it."""
    known = [
        Subject("payment", (row["payment_id"],))
        for table in _OWN
        for row in _rows(store, table, ("processor_reference",), asked, found)
    ]
    columns = ("processor_reference", "payment_reference")
    lines = _rows(store, "settlement_lines", columns, asked, found)
    yield from known or [_of_line(store, row) for row in lines]


def _bank_lines(store: Store, asked: str, found: list[str]) -> Iterator[Subject]:
    """The bank's own reference and texts, whole."""
    yield from _by_item(store, _rows(store, "bank_lines", _BANK_COLUMNS, asked, found))


def _bank_texts(store: Store, asked: str, found: list[str]) -> Iterator[Subject]:
    """Bank lines whose text mentions the ID, in whatever capitals."""
    rows = mentioned_by_bank(store, asked)
    if rows:
        found.append(f"the text of bank_lines ({plural(len(rows), 'row')})")
    yield from _by_item(store, rows)


def mentioned_by_bank(store: Store, name: str) -> list[Row]:
    """Bank lines whose references or text contain a name; none for one that is too short."""
    if len(name) < FRAGMENT_MIN or not store.columns("bank_lines"):
        return []
    texts = f"concat_ws(' ', {', '.join(_BANK_COLUMNS)})"
    return store.ask(f"from bank_lines where contains(upper({texts}), upper(?)) {IN_ORDER}", [name])


def _by_item(store: Store, rows: list[Row]) -> Iterator[Subject]:
    """Bank lines of one item are one subject: an entry booked twice is told as one.

    Of restated statements the current one is told, if there is one.
    """
    rows = store.current(rows) or rows
    together: dict[str, list[str]] = {}
    members = store.published(
        "select record_id, min(item_id) as item_id from fct_reconciliation_members"
        " where record_id in (select unnest($ids)) and leg = 'payout_bank' group by 1",
        ids=sorted({row["record_id"] for row in rows}),
    )
    items = {row["record_id"]: row["item_id"] for row in members}
    for row in rows:
        own = row["record_id"]
        together.setdefault(items.get(own) or own, []).append(own)
    for ids in together.values():
        yield Subject("bank_line", tuple(sorted(set(ids))))


def _mentions(store: Store, asked: str, found: list[str]) -> Iterator[Subject]:
    """Records that only name the ID: a payment that the company has no record of, for one."""
    for table in ("refunds", "disputes"):
        for row in _rows(store, table, ("payment_id",), asked, found):
            yield Subject("payment", (row["payment_id"],))
    for row in _rows(store, "ledger_entries", ("payment_id", "reference"), asked, found):
        payment = row["payment_id"]
        yield Subject("payment", (payment,)) if payment else Subject("reference", (asked,))
    for row in _rows(store, "settlement_lines", ("merchant_reference",), asked, found):
        yield Subject("payment", (row["merchant_reference"],))


def _hashes(store: Store, asked: str, found: list[str]) -> Iterator[Subject]:
    """Items, records and files by their hashes or a beginning of them."""
    prefix = asked.lower()
    if not _HASH.fullmatch(prefix):
        return
    for sha256 in store.files:
        if sha256.startswith(prefix):
            found.append("rpt_source_files.source_file_sha256")
            yield Subject("file", (sha256,))
    for row in store.published(
        "select item_id from fct_reconciliation_items"
        " where item_id >= $prefix and item_id < $prefix || 'g' order by 1 limit 50",
        prefix=prefix,
    ):
        found.append("fct_reconciliation_items.item_id")
        yield Subject("item", (row["item_id"],))
    known = set()
    for name in BUSINESS_TABLES:
        for row in store.find_prefix(name, prefix):
            known.add(row["record_id"])
            found.append(f"{name}.record_id")
            yield Subject("record", (name, row["record_id"]))
    # What a leg computes (a fee by contract) has an id of its own and no canonical row.
    for row in store.published(
        "select distinct record_id, item_id from fct_reconciliation_members where record_id >= "
        "$prefix and record_id < $prefix || 'g' and item_id is not null order by 1 limit 50",
        prefix=prefix,
    ):
        if row["record_id"] not in known:
            found.append("fct_reconciliation_members.record_id")
            yield Subject("item", (row["item_id"],))


def _file_names(store: Store, asked: str, found: list[str]) -> Iterator[Subject]:
    """Files by their whole path, else by the end of it."""
    wanted = asked.removeprefix("inbox/")
    origins = {s: row["origins"] for s, row in store.arrivals.items() if s in store.files}
    whole = [s for s, names in origins.items() if wanted in names]
    ends = [s for s, names in origins.items() if any(n.endswith("/" + wanted) for n in names)]
    for sha256 in whole or ends:
        found.append("deliveries.origin")
        yield Subject("file", (sha256,))


def _reports(store: Store, asked: str, found: list[str]) -> Iterator[Subject]:
    """Files by what they call the report or the statements in them."""
    for sha256, row in store.files.items():
        if row["report_id"] == asked:
            found.append("rpt_source_files.report_id")
            yield Subject("file", (sha256,))
    for table, column in _STATEMENTS:
        if column not in store.columns(table):
            continue
        for row in store.ask(
            f"select source_file_sha256, count(*) as named from {table} where {column} = ?"
            " group by all order by all",
            [asked],
        ):
            found.append(f"{table}.{column} ({plural(row['named'], 'row')})")
            yield Subject("file", (row["source_file_sha256"],))


def _any_names(store: Store, asked: str, found: list[str]) -> Iterator[Subject]:
    """Whatever has the ID in any other column of ids: a merchant that no table lists."""
    for name in BUSINESS_TABLES:
        if _rows(store, name, id_columns(name), asked, found):
            yield Subject("name", (asked,))


def id_columns(table: str) -> list[str]:
    """The columns of a canonical table that hold ids, its own and others'."""
    names = (column.name for column in BUSINESS_TABLES[table].columns)
    return [name for name in names if name.endswith(("_id", "_reference"))]


def _leg_references(store: Store, asked: str, found: list[str]) -> Iterator[Subject]:
    """What a leg itself calls an item: a bank account and a day, for one.

    An item of a leg that is grouped as another one is told with the item that it is grouped as.
    """
    legs = store.published("select * from rpt_legs") if store.has("rpt_legs") else []
    grouped_as = {row["leg"]: row.get("grouped_as") for row in legs}
    rows = store.published(
        "select item_id, leg, match_key from fct_reconciliation_items where reference = $asked"
        " order by item_id limit 50",
        asked=asked,
    )
    known = {(row["leg"], row["match_key"]) for row in rows}
    for row in rows:
        found.append("fct_reconciliation_items.reference")
        if (grouped_as.get(row["leg"]), row["match_key"]) not in known:
            yield Subject("item", (row["item_id"],))


_STEPS: tuple[Step, ...] = (
    _file_names,
    _own_ids,
    _processor_references,
    _hashes,
    _bank_lines,
    _reports,
    _mentions,
    _leg_references,
    _any_names,
    _bank_texts,
)


def near(store: Store, asked: str) -> list[str]:
    """IDs and file names that are spelt nearly like it, the nearest first.

    Only what shares its first or last third is compared, which any one typing error leaves.
    """
    share = max(FRAGMENT_MIN, len(asked) // 3)
    if len(asked) < share:
        return []
    parameters = {"asked": asked, "head": asked[:share], "tail": asked[-share:]}
    rows = [
        row
        for names in (
            "select reference from fct_reconciliation_members",
            "select origin from deliveries",
            "select parse_filename(origin) from deliveries",
        )
        for row in store.published(_nearly(names), **parameters)
    ]
    if "payment_id" in store.columns("payments"):
        rows += store.ask(_nearly("select payment_id from payments"), parameters)
    nearest = sorted({(row["edits"], row["name"]) for row in rows})
    return list(dict.fromkeys(name for _, name in nearest))[:NEAR_MAX]


def _nearly(names: str) -> str:
    return (
        "select distinct name, levenshtein(lower(name), lower($asked)) as edits"
        f" from ({names}) as names(name)"
        " where (starts_with(lower(name), lower($head)) or ends_with(lower(name), lower($tail)))"
        f" and edits <= least({EDITS_MAX}, 1 + length($asked) // 3)"
        f" order by edits, name limit {NEAR_MAX}"
    )
