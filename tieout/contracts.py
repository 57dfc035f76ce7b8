"""The canonical tables: the contract between the sources and everything that comes after.

A reader turns the bytes of one file into rows of these tables; staging models read nothing else.
Amounts are signed minor units of their currency (``int64``), seen from the company: money in is
positive. Times are UTC. A column that a source does not know is null, never a made-up value.

Every row of a business table also carries its lineage (`LINEAGE`): which record it is, which file
and line it came from. Lineage columns are added by the ingest, not by the readers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

TIMESTAMP = pa.timestamp("us", tz="UTC")
RATE = pa.decimal128(18, 8)

# What the ingest adds to each row a reader yields. The arrival day is the partition the file was
# landed in, so it is a folder name in storage and not a column of the file.
LINEAGE = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("source_file_sha256", pa.string(), nullable=False),
        pa.field("source_line", pa.int64(), nullable=False),
        pa.field("extra", pa.string()),
    ]
)


@dataclass(frozen=True)
class Table:
    """One canonical table.

    `grain` says what one row is. `key` names the columns that identify a record wherever it was
    read: two rows with the same source and key are versions of one record, and the one with the
    highest `version` column (then the latest arrival) is current. A table without a key has no
    identity outside its file: its records are identified by file and line.
    """

    name: str
    grain: str
    columns: pa.Schema
    key: tuple[str, ...] = ()
    version: str | None = None

    @cached_property
    def schema(self) -> pa.Schema:
        """The stored schema: the reader's columns followed by the lineage."""
        return pa.schema([*self.columns, *LINEAGE])

    @cached_property
    def required(self) -> frozenset[str]:
        """The columns that a row must have a value for."""
        return frozenset(field.name for field in self.columns if not field.nullable)


def _schema(required: dict[str, pa.DataType], optional: dict[str, pa.DataType]) -> pa.Schema:
    return pa.schema(
        [pa.field(name, kind, nullable=False) for name, kind in required.items()]
        + [pa.field(name, kind) for name, kind in optional.items()]
    )


_TEXT, _MINOR, _DATE, _FLAG = pa.string(), pa.int64(), pa.date32(), pa.bool_()

PAYMENTS = Table(
    "payments",
    "one attempt to pay",
    _schema(
        {
            "attempt_id": _TEXT,
            "payment_id": _TEXT,
            "attempt_no": pa.int32(),
            "amount_minor": _MINOR,
            "captured_minor": _MINOR,
            "currency": _TEXT,
            # created, invalid, blocked, authentication_failed, declined, authorised, captured
            "status": _TEXT,
            "created_at": TIMESTAMP,
        },
        {
            "merchant_id": _TEXT,
            "customer_token": _TEXT,
            "region": _TEXT,
            "processor": _TEXT,
            "processor_reference": _TEXT,
            "method": _TEXT,
            "card_brand": _TEXT,
            "funding": _TEXT,
            "issuer_country": _TEXT,
            "decline_code": _TEXT,
            # By which attempts are found to be one payment where payment_id only repeats
            # attempt_id, because the source knows no payments.
            "invoice_id": _TEXT,
            "card_fingerprint": _TEXT,  # the same for each use of a card, and no card number
            "authorised_at": TIMESTAMP,
            "captured_at": TIMESTAMP,
            "updated_at": TIMESTAMP,
        },
    ),
    key=("attempt_id",),
    version="updated_at",
)

REFUNDS = Table(
    "refunds",
    "one refund of a payment, or one refund that came back; the amount is positive",
    _schema(
        {
            "refund_id": _TEXT,
            "payment_id": _TEXT,
            "amount_minor": _MINOR,
            "currency": _TEXT,
            "created_at": TIMESTAMP,
        },
        {
            # refund: money leaves (also where the column is empty); reversal: the refund could
            # not be paid and its money returns
            "refund_stage": _TEXT,
            "processor": _TEXT,
            "processor_reference": _TEXT,
            "reason": _TEXT,
            "updated_at": TIMESTAMP,
        },
    ),
    key=("refund_id",),
    version="updated_at",
)

DISPUTES = Table(
    "disputes",
    "one event of a dispute; the amount is positive",
    _schema(
        {
            "dispute_event_id": _TEXT,
            "payment_id": _TEXT,
            "amount_minor": _MINOR,
            "currency": _TEXT,
            # chargeback: money leaves; reversal: money returns; any other stage moves no money
            "stage": _TEXT,
            "created_at": TIMESTAMP,
        },
        {
            "processor": _TEXT,
            "processor_reference": _TEXT,
            "reason": _TEXT,
            "updated_at": TIMESTAMP,
        },
    ),
    key=("dispute_event_id",),
    version="updated_at",
)

LEDGER_ENTRIES = Table(
    "ledger_entries",
    "one posting line of a journal; debits are positive, credits negative",
    _schema(
        {
            "entry_id": _TEXT,
            "journal_id": _TEXT,
            "account": _TEXT,
            "amount_minor": _MINOR,
            "currency": _TEXT,
            "effective_at": TIMESTAMP,
            # capture, refund, chargeback, chargeback_reversal, processor_fee, payout, …
            "event_type": _TEXT,
        },
        {
            "recorded_at": TIMESTAMP,
            "payment_id": _TEXT,
            "merchant_id": _TEXT,
            # the id of the event that was posted: attempt, refund, dispute event, payout, batch
            "reference": _TEXT,
            "updated_at": TIMESTAMP,
        },
    ),
    key=("entry_id",),
    version="updated_at",
)

LINE_KINDS = (
    "charge",
    "refund",
    "chargeback",
    "chargeback_reversal",
    "fee",
    "fx",
    "reserve_hold",
    "reserve_release",
    "transfer",
    "adjustment",
    "payout",
)

SETTLEMENT_LINES = Table(
    "settlement_lines",
    "one line of a processor's settlement report",
    _schema(
        {
            "processor": _TEXT,
            "report_id": _TEXT,
            "line_kind": _TEXT,
            # In the currency of settlement. net = gross − the five fee columns, always. For a
            # payout the amounts are negative when money leaves the processor for the bank.
            "gross_minor": _MINOR,
            "interchange_minor": _MINOR,
            "scheme_fee_minor": _MINOR,
            "markup_minor": _MINOR,
            "fixed_fee_minor": _MINOR,
            "tax_minor": _MINOR,
            "net_minor": _MINOR,
            "currency": _TEXT,
            # What the payer saw: equal to gross where no conversion took place.
            "presentment_minor": _MINOR,
            "presentment_currency": _TEXT,
            "created_at": TIMESTAMP,
        },
        {
            "line_id": _TEXT,  # the processor's own id of the line, where it has one
            "account": _TEXT,  # the company's account with the processor
            "batch_id": _TEXT,
            "payout_id": _TEXT,  # the payout this line was paid in (or is)
            "payout_reference": _TEXT,  # what the payout is called on the bank statement
            "processor_reference": _TEXT,  # the event itself: charge, refund, dispute
            "payment_reference": _TEXT,  # the payment that the event belongs to
            "merchant_reference": _TEXT,
            "raw_kind": _TEXT,
            "payment_method": _TEXT,
            "card_brand": _TEXT,
            "fx_rate": RATE,
            "available_on": _DATE,
            "description": _TEXT,
        },
    ),
    key=("line_id",),
)

STATED_IN = ("statement", "notice", "advice")

BANK_LINES = Table(
    "bank_lines",
    "one booked entry of a bank statement or notice; credits to the company are positive",
    _schema(
        {
            "account": _TEXT,
            "statement_id": _TEXT,
            "booking_date": _DATE,
            "amount_minor": _MINOR,
            "currency": _TEXT,
        },
        {
            "value_date": _DATE,
            "bank_reference": _TEXT,
            "end_to_end_id": _TEXT,
            "remittance": _TEXT,
            "counterparty": _TEXT,
            "transaction_code": _TEXT,
            # statement (also where the column is empty); notice: an interim report or a
            # notification, whose entries the statement of the day repeats; advice: says why
            # money moved, but not on which account, so it is never an entry of its own
            "stated_in": _TEXT,
            "entry_id": _TEXT,  # of the entry in every file that has it, where banks give one
        },
    ),
    key=("entry_id",),
)

BANK_BALANCES = Table(
    "bank_balances",
    "one balance that a statement states",
    _schema(
        {
            "account": _TEXT,
            "statement_id": _TEXT,
            # opening, closing, interim_opening, interim_closing, available, forward, other
            "balance_kind": _TEXT,
            "balance_date": _DATE,
            "amount_minor": _MINOR,
            "currency": _TEXT,
        },
        {},
    ),
)

FX_RATES = Table(
    "fx_rates",
    "one reference rate: units of the currency for one unit of the base",
    _schema(
        {"rate_date": _DATE, "base_currency": _TEXT, "currency": _TEXT, "rate": RATE},
        {},
    ),
    key=("rate_date", "base_currency", "currency"),
)

COSTS = Table(
    "costs",
    "one cost of one month",
    _schema(
        {
            "cost_id": _TEXT,
            "period": _DATE,  # the first day of the month
            "cost_driver": _TEXT,
            "amount_minor": _MINOR,
            "currency": _TEXT,
        },
        {"category": _TEXT, "updated_at": TIMESTAMP},
    ),
    key=("cost_id",),
    version="updated_at",
)

CHART_OF_ACCOUNTS = Table(
    "chart_of_accounts",
    "one ledger account",
    _schema(
        {
            "account": _TEXT,
            "name": _TEXT,
            "account_type": _TEXT,  # asset, liability, equity, income, expense
            # What the platform must know: processor_clearing, payout_in_transit, cash,
            # merchant_payable, fee_revenue, processing_cost, processor_reserve, tax_payable,
            # merchant_advance, deferred_revenue, currency_exchange, exchange_difference, other
            "role": _TEXT,
        },
        {
            "processor": _TEXT,
            "currency": _TEXT,
            "bank_account": _TEXT,  # of a cash account: what the bank's statements call it
            "product": _TEXT,  # of a revenue account: what is sold
            "updated_at": TIMESTAMP,
        },
    ),
    key=("account",),
    version="updated_at",
)

MERCHANTS = Table(
    "merchants",
    "one merchant, as it is now",
    _schema(
        {"merchant_id": _TEXT, "segment": _TEXT},
        {"merchant_name": _TEXT, "country": _TEXT, "mcc": _TEXT, "updated_at": TIMESTAMP},
    ),
    key=("merchant_id",),
    version="updated_at",
)

SUBSCRIPTIONS = Table(
    "subscriptions",
    "one subscription that a merchant sells",
    _schema(
        {
            "subscription_id": _TEXT,
            "merchant_id": _TEXT,
            "amount_minor": _MINOR,  # of one period
            "currency": _TEXT,
            "billing_interval": _TEXT,  # week, month, quarter, year
            "subscription_status": _TEXT,  # trialing, active, past_due, cancelled
            "started_at": TIMESTAMP,
        },
        {"customer_token": _TEXT, "ended_at": TIMESTAMP, "updated_at": TIMESTAMP},
    ),
    key=("subscription_id",),
    version="updated_at",
)

INVOICES = Table(
    "invoices",
    "one invoice that a merchant sends",
    _schema(
        {
            "invoice_id": _TEXT,
            "merchant_id": _TEXT,
            "amount_minor": _MINOR,  # what is asked for, tax included
            "currency": _TEXT,
            "invoice_status": _TEXT,  # open, paid, void, uncollectible
            "issued_at": TIMESTAMP,
        },
        {
            "subscription_id": _TEXT,
            "payment_id": _TEXT,  # the payment that paid it
            "customer_token": _TEXT,
            "tax_minor": _MINOR,
            "period_start": TIMESTAMP,
            "period_end": TIMESTAMP,
            "paid_at": TIMESTAMP,
            "updated_at": TIMESTAMP,
        },
    ),
    key=("invoice_id",),
    version="updated_at",
)

TRANSFERS = Table(
    "transfers",
    "one transfer of a marketplace to a seller; the amount is positive",
    _schema(
        {
            "transfer_id": _TEXT,
            "from_merchant_id": _TEXT,  # the marketplace
            "to_merchant_id": _TEXT,  # the seller
            "amount_minor": _MINOR,  # what the seller gets
            "application_fee_minor": _MINOR,  # what the marketplace keeps of the payment
            "currency": _TEXT,
            "created_at": TIMESTAMP,
        },
        {"payment_id": _TEXT, "updated_at": TIMESTAMP},
    ),
    key=("transfer_id",),
    version="updated_at",
)

ADVANCES = Table(
    "advances",
    "one event of an advance to a merchant; the amounts are positive",
    _schema(
        {
            "advance_event_id": _TEXT,
            "advance_id": _TEXT,
            "merchant_id": _TEXT,
            "advance_stage": _TEXT,  # granted, repaid, written_off
            "principal_minor": _MINOR,
            "fee_minor": _MINOR,
            "currency": _TEXT,
            "created_at": TIMESTAMP,
        },
        {"updated_at": TIMESTAMP},
    ),
    key=("advance_event_id",),
    version="updated_at",
)

TAX_LINES = Table(
    "tax_lines",
    "one tax on one taxable event",
    _schema(
        {
            "tax_line_id": _TEXT,
            "jurisdiction": _TEXT,
            "tax_kind": _TEXT,  # vat, gst, sales_tax
            "rate_ppm": _MINOR,  # parts per million: 20% is 200000
            "taxable_minor": _MINOR,
            "tax_minor": _MINOR,
            "currency": _TEXT,
            "created_at": TIMESTAMP,
        },
        {
            "merchant_id": _TEXT,
            "reference": _TEXT,  # the id of the event that is taxed: attempt, invoice
            "updated_at": TIMESTAMP,
        },
    ),
    key=("tax_line_id",),
    version="updated_at",
)

FEE_CONTRACTS = Table(
    "fee_contracts",
    "one price of a contract with a processor; an empty column is any value",
    _schema(
        {
            "contract_line_id": _TEXT,
            "processor": _TEXT,
            "line_kind": _TEXT,  # of the settlement line that is charged
            # interchange, scheme_fee, markup, fixed_fee: charged on the line; network_fee: billed
            # by the card network, up to two months later
            "fee_component": _TEXT,
            "rate_ppm": _MINOR,  # parts per million of the line's gross
            "fixed_minor": _MINOR,  # on top, a line, in the line's currency
            "effective_from": _DATE,
        },
        {
            "effective_to": _DATE,  # the last day; empty is until further notice
            "currency": _TEXT,
            "card_brand": _TEXT,
            "funding": _TEXT,
            "issuer_country": _TEXT,
            "updated_at": TIMESTAMP,
        },
    ),
    key=("contract_line_id",),
    version="updated_at",
)

NETWORK_BILLS = Table(
    "network_bills",
    "one line of a card network's bill for a month of service",
    _schema(
        {
            "bill_line_id": _TEXT,
            "network": _TEXT,  # as contracts and payments write the card brand
            "service_month": _DATE,  # a day of the month that is billed, not of the bill
            "billed_on": _DATE,
            "amount_minor": _MINOR,  # what is owed; a credit note is negative
            "currency": _TEXT,
        },
        {"fee_name": _TEXT, "updated_at": TIMESTAMP},
    ),
    key=("bill_line_id",),
    version="updated_at",
)

# What a person says of items, and what another says of that; and in which role.
JUDGEMENTS = ("match", "write_off", "adjust", "explain", "dismiss")
WORK = ("assign", "comment", "attach", "link")
PROPOSALS = (*JUDGEMENTS, *WORK)
ANSWERS = ("approve", "refuse", "revoke")
DECIDING_ROLES = ("analyst", "approver", "admin")

DECISIONS = Table(
    "decisions",
    "one decision of a person on items of a leg, or on such a decision",
    _schema(
        {
            "decision_id": _TEXT,
            "sequence": _MINOR,  # its number among all decisions, from 1
            "kind": _TEXT,
            "leg": _TEXT,
            "item_ids": _TEXT,  # a JSON list
            "actor": _TEXT,
            "role": _TEXT,
            "decided_at": TIMESTAMP,
        },
        {
            "reason_code": _TEXT,
            "note": _TEXT,
            "about": _TEXT,  # the decision that an approval, refusal or revocation answers
            "before": _TEXT,  # JSON: the items and their value, as the person saw them
            "after": _TEXT,  # JSON: what is so from now on: an owner, a claim, a file
        },
    ),
    key=("decision_id",),
)

BUSINESS_TABLES = {
    table.name: table
    for table in (
        PAYMENTS,
        REFUNDS,
        DISPUTES,
        LEDGER_ENTRIES,
        SETTLEMENT_LINES,
        BANK_LINES,
        BANK_BALANCES,
        FX_RATES,
        COSTS,
        CHART_OF_ACCOUNTS,
        MERCHANTS,
        SUBSCRIPTIONS,
        INVOICES,
        TRANSFERS,
        ADVANCES,
        TAX_LINES,
        FEE_CONTRACTS,
        NETWORK_BILLS,
        DECISIONS,
    )
}

# The report_id of a file that states all that its source has of a table: which table, its format
# says. A whole export that is newer supersedes it, and what that one lacks is deleted.
FULL_EXPORT = "full_export"

# What the platform says about the files themselves. One row per landed file in `source_files`;
# the others refer to it by SHA-256.
SOURCE_FILES = pa.schema(
    [
        pa.field("source_file_sha256", pa.string(), nullable=False),
        pa.field("source", pa.string()),
        pa.field("format", pa.string()),
        pa.field("reader_version", pa.int32()),
        # read, partly_read (some records quarantined), unreadable (nothing could be read), left_out
        # (the configuration says that nothing of it is used)
        pa.field("status", pa.string(), nullable=False),
        pa.field("reason", pa.string()),
        pa.field("bytes", pa.int64(), nullable=False),
        pa.field("records", pa.int64(), nullable=False),
        pa.field("canonical_records", pa.int64(), nullable=False),
        pa.field("canonical_rows", pa.int64(), nullable=False),
        pa.field("quarantined_records", pa.int64(), nullable=False),
        pa.field("structural_records", pa.int64(), nullable=False),
        # When whoever delivered the file last changed it; null for an extract. Of two deliveries
        # of one day it tells which is the later.
        pa.field("modified_at", TIMESTAMP),
        # A report that is delivered again with other content supersedes the earlier file of the
        # same report: same source, format and report_id; the higher report_version wins.
        pa.field("report_id", pa.string()),
        pa.field("report_version", pa.string()),
    ]
)

CONTROL_TOTALS = pa.schema(
    [
        pa.field("source_file_sha256", pa.string(), nullable=False),
        pa.field("source_line", pa.int64()),
        pa.field("name", pa.string(), nullable=False),
        pa.field("scope", pa.string(), nullable=False),
        pa.field("currency", pa.string()),
        pa.field(
            "stated", pa.int64(), nullable=False
        ),  # minor units; a count where currency is null
        pa.field("computed", pa.int64(), nullable=False),
    ]
)

FINDINGS = pa.schema(
    [
        pa.field("source_file_sha256", pa.string(), nullable=False),
        pa.field("source_line", pa.int64()),
        pa.field("code", pa.string(), nullable=False),
        pa.field("message", pa.string(), nullable=False),
    ]
)

QUARANTINE = pa.schema(
    [
        pa.field("source_file_sha256", pa.string(), nullable=False),
        pa.field("source_line", pa.int64(), nullable=False),
        pa.field("raw_text", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
    ]
)

FILE_TABLES = {
    "source_files": SOURCE_FILES,
    "control_totals": CONTROL_TOTALS,
    "findings": FINDINGS,
    "quarantine": QUARANTINE,
}

ALL_SCHEMAS: dict[str, pa.Schema] = {
    **{name: table.schema for name, table in BUSINESS_TABLES.items()},
    **FILE_TABLES,
}
