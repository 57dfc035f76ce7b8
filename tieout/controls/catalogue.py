"""The controls: what each imitates, on which records, and what must notice it.

A control is data: a query for its candidates, the canonical table it touches, how, and the columns
it changes. The queries read the relations of `take_stock`:

    item      items of the last months: item_id, leg, by_key (matched by key, nothing open), is_due
              (its deadline is over, so that a missing record is not just in transit), …
    member    the records of these items: item_id, leg, side, record_id, …
    stored_*  canonical tables as they are stored

All amounts are minor units; no float comes near them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class How(StrEnum):
    """What is done to the rows of a trial: `add` copies them under new ids, `drop_file` takes away
    their whole file, `lose` removes them without their file's account being told.
    """

    change = "change"
    remove = "remove"
    add = "add"
    drop_file = "drop_file"
    lose = "lose"


@dataclass(frozen=True, eq=False)
class Control:
    """One kind of planted error.

    `candidates` is a query for (candidate, day), `records` one from the relation `shortlist` of
    chosen candidates to the canonical rows they consist of: (candidate, record_id, place), where
    place 1 is the row it is about. Without it a candidate is itself a record id.

    A trial is detected when every item of `leg` whose whole side it planted becomes a break of one
    of `types`. The leg `files` stands for the accounts of files: the difference named in `types`
    must be exactly the rows that were lost.
    """

    name: str
    imitates: str
    leg: str
    types: tuple[str, ...]
    table: str
    how: How
    candidates: str
    records: str = "select candidate, candidate as record_id, 1 as place from shortlist"
    # Column → its new value: SQL over the stored row, `candidate` and `place`.
    changes: Mapping[str, str] = field(default_factory=dict)
    # What a workspace lacks in which there is no candidate.
    needs: str = ""
    # Whether a candidate is many records, so that few can be looked at.
    is_batch: bool = False


# A record that is alone on its side of an item that ties out and whose deadline is over.
def _matched(leg: str, side: str, where: str = "true", rows: str = "settlement_lines") -> str:
    return f"""
        select r.record_id as candidate, i.business_date as day
        from item as i
        join member as m using (item_id)
        join stored_{rows} as r using (record_id, source_file_sha256, source_line)
        where i.leg = '{leg}' and m.side = '{side}' and i.by_key and i.is_due
          and i.{side}_count = 1 and {where}
    """


_CHARGE = "r.line_kind = 'charge' and i.left_count = 1 and r.gross_minor > 1"
_CHARGES = _matched("payment_settlement", "right", _CHARGE)
_POSTINGS = _matched("payment_ledger", "right", "i.left_count = 1", "ledger_entries")
_CREDITS = _matched("ledger_balance", "right", "true", "ledger_entries")
_ENTRIES = _matched("payout_bank", "right", "r.amount_minor > 1", "bank_lines")

# An open entry without a reference may take a payout whose own entry is missing: such a trial
# would test the netting pass.
_AWAY_FROM_NETTING = """
    and not exists (
      select 1 from item as n
      where n.leg = 'payout_bank' and n.match_key like 'record|%'
        and n.processor = i.processor and n.currency = i.currency
        and n.right_date between i.business_date and i.business_date + i.netting_days
    )
"""

# Charges of one file, payout, currency and day in pairs: a and b.
_PAIRS = f"""
    select r.record_id as a, c.day, lead(r.record_id) over pairs as b,
      r.presentment_minor <> lead(r.presentment_minor) over pairs as differ,
      row_number() over pairs % 2 = 1 as is_first
    from ({_CHARGES}) as c join stored_settlement_lines as r on r.record_id = c.candidate
    where r.currency = r.presentment_currency
    window pairs as (
      partition by r.source_file_sha256, r.payout_id, r.currency, c.day order by r.record_id
    )
"""

# All lines of the journal of a posting: the posting itself, then the largest first.
_JOURNALS = """
    select s.candidate, r.record_id, row_number() over (
      partition by s.candidate
      order by r.record_id = s.candidate desc, abs(r.amount_minor) desc, r.record_id
    ) as place
    from shortlist as s
    join member as m on m.record_id = s.candidate and m.leg = 'ledger_balance'
    join member as j on j.item_id = m.item_id
    join stored_ledger_entries as r on r.record_id = j.record_id
"""

# The posting, and the largest line on the other side of its journal.
_POSTING_AND_COUNTERPART = f"""
    select candidate, record_id, row_number() over lines as place
    from (
      select j.*, sign(r.amount_minor) as side,
        first_value(sign(r.amount_minor)) over (partition by candidate order by place) as first_side
      from ({_JOURNALS}) as j join stored_ledger_entries as r using (record_id)
    )
    where place = 1 or side <> first_side
    window lines as (partition by candidate order by place)
    qualify row_number() over lines <= 2
"""
_TENTH = """
    max(case when place = 1 then sign(amount_minor) * greatest(1, abs(amount_minor) // 10) end)
    over (partition by candidate)
"""

# Payouts whose payments are each settled in one line, so that twice the payout is twice each.
_BATCHES = """
    select b.item_id as candidate, max(i.business_date) as day
    from item as b
    join member as l on l.item_id = b.item_id
    join member as m on m.record_id = l.record_id and m.leg = 'payment_settlement'
    join item as i on i.item_id = m.item_id
    where b.leg = 'batch_payout' and b.by_key and b.right_count > 0
    group by b.item_id
    having bool_and(i.by_key and i.is_due and i.left_count = 1 and i.right_count = 1)
"""
_PAYOUTS = """
    select s.candidate, m.record_id, row_number() over (
      partition by s.candidate order by m.side desc, m.record_id
    ) as place
    from shortlist as s join member as m on m.item_id = s.candidate
"""

# Reports that are no correction of another, nor corrected: without one of two, the other counts.
_REPORTS = """
    select m.source_file_sha256 as candidate, max(i.business_date) as day
    from item as i join member as m using (item_id)
    where i.leg = 'payment_settlement' and m.side = 'right' and i.by_key and i.is_due
      and m.source_file_sha256 not in (
        select superseded_by from rpt_source_files where superseded_by is not null
      )
    group by m.source_file_sha256
"""
_LINES_OF_FILE = """
    select s.candidate, r.record_id, 1 as place
    from shortlist as s
    join stored_settlement_lines as r on r.source_file_sha256 = s.candidate
"""

_MONEY = (
    "gross_minor",
    "interchange_minor",
    "scheme_fee_minor",
    "markup_minor",
    "fixed_fee_minor",
    "tax_minor",
    "net_minor",
    "presentment_minor",
)
# The id of a copy, which stands behind the last line of its file.
COPIED_ID = "md5(record_id || '|again')"
_COPY = {
    "record_id": COPIED_ID,
    "source_line": "source_line + 1000000000",
}
_PERCENT = "abs(gross_minor) // 100"
_BASIS_POINT = "(abs(gross_minor) + 5000) // 10000"

# In the order in which they choose: what has few candidates first, whole files last.
CONTROLS: tuple[Control, ...] = (
    Control(
        "fx_shift",
        "a conversion at a rate 1% worse than the processor states",
        "fx_conversion",
        ("fx_mismatch",),
        "settlement_lines",
        How.change,
        _matched("fx_conversion", "left", "r.gross_minor >= 1000"),
        changes={
            "gross_minor": f"gross_minor - {_PERCENT}",
            "net_minor": f"net_minor - {_PERCENT}",
        },
        needs="no converted settlement line that states its rate",
    ),
    Control(
        "payout_total",
        "a report that pays out one minor unit less than its lines come to",
        "batch_payout",
        ("control_total_mismatch",),
        "settlement_lines",
        How.change,
        _matched("batch_payout", "right", "r.net_minor < -1"),
        changes={"gross_minor": "gross_minor + 1", "net_minor": "net_minor + 1"},
        needs="no report that states a payout and its lines",
    ),
    Control(
        "bank_line_missing",
        "a payout that never reached the bank account",
        "payout_bank",
        ("missing_in_bank", "late"),
        "bank_lines",
        How.remove,
        _ENTRIES + _AWAY_FROM_NETTING,
        needs="no payout with a bank line of its own",
    ),
    Control(
        "bank_amount",
        "a bank entry one minor unit less than its payout",
        "payout_bank",
        ("amount_mismatch",),
        "bank_lines",
        How.change,
        _ENTRIES,
        changes={"amount_minor": "amount_minor - 1"},
        needs="no payout with a bank line of its own",
    ),
    Control(
        "swapped_amounts",
        "two charges of one day with each other's amounts: every total still ties",
        "payment_settlement",
        ("amount_mismatch",),
        "settlement_lines",
        How.change,
        f"select a as candidate, day from ({_PAIRS}) where is_first and differ",
        f"""
        select s.candidate, unnest([p.a, p.b]) as record_id, unnest([1, 2]) as place
        from shortlist as s join ({_PAIRS}) as p on p.a = s.candidate
        """,
        {name: f"sum({name}) over (partition by candidate) - {name}" for name in _MONEY},
        needs="no two charges of one payout and day with different amounts",
    ),
    Control(
        "fee_basis_point",
        "a fee that is one basis point too high",
        "fee_contract",
        ("fee_mismatch",),
        "settlement_lines",
        How.change,
        _matched("fee_contract", "left", "r.line_kind = 'charge' and r.gross_minor >= 5000"),
        changes={
            "markup_minor": f"markup_minor + {_BASIS_POINT}",
            "net_minor": f"net_minor - {_BASIS_POINT}",
        },
        needs="no charge under a contract that is large enough for a basis point",
    ),
    Control(
        "sign_flip",
        "a settled charge with the sign of all its amounts inverted",
        "payment_settlement",
        ("amount_mismatch",),
        "settlement_lines",
        How.change,
        _CHARGES,
        changes={name: f"-{name}" for name in _MONEY},
        needs="no payment settled in one line",
    ),
    Control(
        "skimmed_cent",
        "one minor unit taken off a settled charge, before and after fees",
        "payment_settlement",
        ("amount_mismatch",),
        "settlement_lines",
        How.change,
        f"{_CHARGES} and r.currency = r.presentment_currency",
        changes={name: f"{name} - 1" for name in ("gross_minor", "net_minor", "presentment_minor")},
        needs="no payment settled in one line and its own currency",
    ),
    Control(
        "posting_missing",
        "a payment that was never posted: its journal is not in the ledger",
        "payment_ledger",
        ("missing_in_ledger", "late"),
        "ledger_entries",
        How.remove,
        _POSTINGS,
        _JOURNALS,
        needs="no payment with a posting of its own",
    ),
    Control(
        "posting_amount",
        "a payment posted at a tenth more, in a journal that still balances",
        "payment_ledger",
        ("amount_mismatch",),
        "ledger_entries",
        How.change,
        _POSTINGS,
        _POSTING_AND_COUNTERPART,
        {"amount_minor": f"amount_minor + case place when 1 then 1 else -1 end * {_TENTH}"},
        needs="no payment with a posting of its own",
    ),
    Control(
        "posting_doubled",
        "a payment posted twice, in two journals that both balance",
        "payment_ledger",
        ("duplicate",),
        "ledger_entries",
        How.add,
        _POSTINGS,
        _JOURNALS,
        {
            **_COPY,
            "entry_id": "entry_id || '-again'",
            "journal_id": "journal_id || '-again'",
        },
        needs="no payment with a posting of its own",
    ),
    Control(
        "journal_unbalanced",
        "one line of a journal that is one minor unit off",
        "ledger_balance",
        ("unbalanced_journal",),
        "ledger_entries",
        How.change,
        _CREDITS,
        changes={"amount_minor": "amount_minor - 1"},
        needs="no journal with a single credit",
    ),
    Control(
        "lost_record",
        "a fault of the platform: a posting is read from its file and then lost",
        "files",
        ("rows_difference",),
        "ledger_entries",
        How.lose,
        _CREDITS,
        needs="no journal with a single credit",
    ),
    Control(
        "doubled_batch",
        "all lines of a payout delivered again under new line ids",
        "payment_settlement",
        ("duplicate",),
        "settlement_lines",
        How.add,
        _BATCHES,
        _PAYOUTS,
        {**_COPY, "line_id": "line_id || '-again'"},
        needs="no payout whose payments are all settled in one line each",
        is_batch=True,
    ),
    Control(
        "missing_file",
        "a settlement report that was never delivered",
        "payment_settlement",
        ("missing_in_settlement", "late"),
        "settlement_lines",
        How.drop_file,
        _REPORTS,
        _LINES_OF_FILE,
        needs="no settlement report that stands alone and whose payments are due",
        is_batch=True,
    ),
)
