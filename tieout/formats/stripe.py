"""Stripe payout reconciliation, itemised: the lines that make up automatic payouts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import SETTLEMENT_LINES
from tieout.formats.amounts import exact_sums, flat
from tieout.formats.base import ControlTotal, Finding, Head, Part, Rows, UnreadableFile
from tieout.formats.delimited import BLOCK_BYTES, Delimited, names_in
from tieout.formats.draft import Block, Draft, translate

_REQUIRED = {"balance_transaction_id", "gross", "fee", "net", "currency", "reporting_category"}
_KNOWN = {
    *_REQUIRED,
    "automatic_payout_id", "automatic_payout_effective_at", "automatic_payout_effective_at_utc",
    "created_utc", "created", "available_on_utc", "available_on", "source_id", "description",
    "customer_facing_amount", "customer_facing_currency", "regulatory_tag", "customer_id",
    "customer_email", "customer_name", "customer_description", "shipping_address_line1",
    "shipping_address_line2", "shipping_address_city", "shipping_address_state",
    "shipping_address_postal_code", "shipping_address_country", "card_address_line1",
    "card_address_line2", "card_address_city", "card_address_state", "card_address_postal_code",
    "card_address_country", "customer_address_line1", "customer_address_line2",
    "customer_address_city", "customer_address_state", "customer_address_postal_code",
    "customer_address_country", "customer_shipping_address_line1",
    "customer_shipping_address_line2", "customer_shipping_address_city",
    "customer_shipping_address_state", "customer_shipping_address_postal_code",
    "customer_shipping_address_country", "charge_id", "payment_intent_id", "charge_created_utc",
    "charge_created", "invoice_id", "invoice_number", "subscription_id", "order_id",
    "payment_method_type", "is_link", "card_brand", "card_funding", "card_country",
    "statement_descriptor", "dispute_reason", "connected_account_id", "connected_account_name",
    "connected_account_country", "connected_account_direct_charge_id", "destination_payment_id",
    "trace_id", "trace_id_status", "effective_at", "effective_at_utc", "payout_id",
    "payout_description", "payout_destination_id", "payout_expected_arrival_date",
    "payout_reversed_at", "payout_reversed_at_utc", "payout_status", "payout_type",
}  # fmt: skip
# The report of payouts says when a payout took effect.
_CREATED = ("created_utc", "created", "effective_at_utc", "effective_at")
# The company's own keys: they belong to the report, whatever they are called.
_METADATA = r"(?:payment|refund|transfer)_metadata\[.*\]"
_REFERENCES = ("payment_metadata[external_identifier]", "payment_metadata[order_id]", "order_id")
_LOOKS_LIKE_A_REFERENCE = re.compile(r"payment_metadata\[.*(?:ref|order|identifier).*\]")

_RESERVE = "reserve"  # a hold or a release, as the sign says
_KINDS = {
    "charge": "charge",
    "charge_failure": "charge",
    "partial_capture_reversal": "refund",
    "refund": "refund",
    "refund_failure": "refund",
    "dispute": "chargeback",
    "dispute_reversal": "chargeback_reversal",
    "fee": "fee",
    "network_cost": "fee",
    "currency_conversion": "fx",
    "payout": "payout",
    "payout_reversal": "payout",
    "risk_reserved_funds": _RESERVE,
    "connect_reserved_funds": _RESERVE,
    "payout_minimum_balance_hold": _RESERVE,
    "payout_minimum_balance_release": _RESERVE,
    "transfer": "transfer",
    "transfer_reversal": "transfer",
    "connect_collection_transfer": "transfer",
    "topup": "transfer",
    "topup_reversal": "transfer",
    "advance": "transfer",
    "advance_funding": "transfer",
    "anticipation_repayment": "transfer",
}


class StripePayoutReconciliation:
    """Reads the itemised reports: payout reconciliation, changes of balance from activity, payouts.

    All have the same lines, complete or with a choice of columns.
    """

    format: ClassVar[str] = "stripe_payout_reconciliation"
    version: ClassVar[int] = 3
    source: ClassVar[str] = "stripe"
    title: ClassVar[str] = "Stripe payout reconciliation, activity or payouts, itemised (CSV)"

    def recognises(self, head: Head) -> bool:
        """A header with Stripe's column names."""
        names = names_in(head)
        return names >= _REQUIRED and bool(names & set(_CREATED))

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """Settlement lines; the payouts themselves come last, held against their lines."""
        with path.open("rb") as file:
            sheet = Delimited(
                file,
                required=_REQUIRED,
                known=_KNOWN.__contains__,
                free=_METADATA,
                block_bytes=block_bytes,
            )
            yield from sheet.preamble()
            yield from _zone_finding(sheet.names)
            payouts, sums = [], Counter[tuple[str, ...]]()
            for block in sheet.blocks():
                rows, others = settlement_lines(block).accept()
                yield from others
                is_payout = pc.equal(rows["raw_kind"], "payout")
                payouts.append(rows.filter(is_payout))
                lines = rows.filter(pc.invert(is_payout))
                sums.update(exact_sums(lines, ["payout_id", "currency"], "net_minor"))
                yield Rows(SETTLEMENT_LINES, lines)
            has_lines = "automatic_payout_id" in sheet.names
            yield from _payouts(pa.concat_tables(payouts), sums, has_lines)


def _zone_finding(names: list[str]) -> Iterator[Finding]:
    created = next((name for name in _CREATED if name in names), None)
    if created is None:
        raise UnreadableFile("the header lacks: created_utc or created")
    if not created.endswith("_utc"):
        yield Finding(
            "time_zone_assumed_utc",
            f"the file has {created} but not {created}_utc; its times were taken as UTC",
        )


def settlement_lines(block: Block) -> Draft:
    """The lines of a block whose columns are named as in the itemised reports."""
    draft = Draft(SETTLEMENT_LINES, block)
    names = block.table.column_names
    created = next(name for name in _CREATED if name in names)
    available = "available_on_utc" if "available_on_utc" in names else "available_on"
    draft.need(*sorted(_REQUIRED), created)
    category, source_id = draft.text("reporting_category"), draft.text("source_id")

    draft["processor"] = draft["report_id"] = pa.repeat("stripe", len(draft))
    draft["line_id"] = draft.text("balance_transaction_id")
    draft["raw_kind"] = category
    draft["created_at"] = draft.time(created).utc
    draft["available_on"] = draft.time(available).utc.cast(pa.date32())
    draft["description"] = draft.text("description")
    draft["payment_method"] = draft.text("payment_method_type")
    draft["card_brand"] = pc.utf8_lower(draft.text("card_brand"))
    _set_amounts(draft)
    set_line_kind(draft)

    payout = draft.text("automatic_payout_id")
    is_payout = pc.equal(category, "payout")
    source_id = pc.coalesce(source_id, draft.text("payout_id"))
    payout = pc.if_else(is_payout, pc.coalesce(payout, source_id), payout)
    draft["payout_id"] = draft["payout_reference"] = payout
    draft["report_id"] = pc.coalesce(payout, draft["processor"])

    charge = draft.text("charge_id")
    charge = pc.if_else(pc.equal(category, "charge"), pc.coalesce(charge, source_id), charge)
    draft["payment_reference"] = charge
    draft["processor_reference"] = pc.if_else(pc.equal(category, "charge"), charge, source_id)
    references = [*_REFERENCES, *filter(_LOOKS_LIKE_A_REFERENCE.fullmatch, names)]
    draft["merchant_reference"] = pc.coalesce(*map(draft.text, references))
    return draft


def _set_amounts(draft: Draft) -> None:
    """Gross, fee and net, and what the customer saw.

    The net is what reached the balance, so it is what is kept where the three do not agree.
    """
    currency = draft["currency"] = draft.currency("currency")
    stated, fee, net = (draft.minor(name, currency) for name in ("gross", "fee", "net"))
    gross = pc.add(net, fee)
    differs = pc.not_equal(stated, gross).fill_null(False)
    draft.note(
        "net_is_not_gross_minus_fee",
        differs,
        "gross {} less fee {} is not net {} {}; gross was taken as net plus fee",
        *map(draft.text, ("gross", "fee", "net")),
        currency,
    )
    draft.keep("stated_gross", pc.if_else(differs, draft.text("gross"), None))
    draft["gross_minor"], draft["net_minor"], draft["markup_minor"] = gross, net, fee
    for name in ("interchange_minor", "scheme_fee_minor", "fixed_fee_minor", "tax_minor"):
        draft[name] = pa.repeat(pa.scalar(0, pa.int64()), len(draft))

    seen_currency = draft.currency("customer_facing_currency")
    seen = draft.minor("customer_facing_amount", pc.coalesce(seen_currency, currency))
    was_seen = pc.and_(pc.is_valid(seen), pc.is_valid(seen_currency))
    same_sign = pc.equal(pc.less(seen, 0), pc.less(gross, 0))
    turned = pc.if_else(pc.or_(same_sign, pc.equal(gross, 0)), seen, pc.negate(seen))
    draft["presentment_minor"] = pc.if_else(was_seen, turned, gross)
    draft["presentment_currency"] = pc.if_else(was_seen, seen_currency, currency)


def set_line_kind(draft: Draft) -> None:
    """The kind of each line, by its reporting category."""
    kind = translate(draft["raw_kind"], _KINDS).fill_null("adjustment")
    reserve = pc.if_else(pc.less(draft["net_minor"], 0), "reserve_hold", "reserve_release")
    draft["line_kind"] = pc.if_else(pc.equal(kind, _RESERVE), reserve, kind)


def _payouts(rows: pa.Table, sums: Counter[tuple[str, ...]], has_lines: bool) -> Iterator[Part]:
    """The payouts with the sign that their lines give them, and how the two compare.

    Stripe writes a payout as money that leaves the balance, but some exports turn it around. Where
    the lines add up to something, the payout must go the other way. A report of payouts alone has
    no lines to hold them against.
    """
    scopes = list(zip(rows["payout_id"].to_pylist(), rows["currency"].to_pylist(), strict=True))
    nets, lines = rows["net_minor"].to_pylist(), rows["source_line"].to_pylist()
    turned = [net * sums[scope] > 0 for scope, net in zip(scopes, nets, strict=True)]
    paid, first_line = Counter[tuple[str, str]](), dict[tuple[str, str], int]()
    for scope, net, line, turn in zip(scopes, nets, lines, turned, strict=True):
        paid[scope] += net if turn else -net
        first_line.setdefault(scope, line)
        if turn:
            yield Finding("payout_sign_turned", f"payout {scope[0]} was stated as incoming", line)
    sign = pa.array([-1 if turn else 1 for turn in turned], pa.int64())
    net = pc.multiply(flat(rows["net_minor"]), sign)
    changed = {
        "net_minor": net,
        "gross_minor": pc.add(net, flat(rows["markup_minor"])),
        "presentment_minor": pc.multiply(flat(rows["presentment_minor"]), sign),
    }
    for name, values in changed.items():
        rows = rows.set_column(rows.column_names.index(name), name, values)
    yield Rows(SETTLEMENT_LINES, rows)
    for (payout, currency), stated in paid.items() if has_lines else ():
        computed, line = sums[payout, currency], first_line[payout, currency]
        yield ControlTotal("payout_equals_its_lines", payout, currency, stated, computed, line)
