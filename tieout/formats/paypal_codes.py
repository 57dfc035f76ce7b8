"""PayPal's transaction event codes (T-codes), and what kind of settlement line each of them is.

The first three characters name a group of events. A code that is not listed is of its group's
kind, and one whose group is not listed is unknown.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.draft import Draft, translate

RESERVE = "reserve"  # a hold or a release, as the sign says

_GROUPS = {
    "T00": "charge",  # payments between accounts; one that was sent is a transfer
    "T01": "fee",
    "T02": "fx",
    "T03": "transfer",  # deposits from a bank account
    "T04": "payout",
    "T05": "transfer",  # PayPal debit card
    "T06": "transfer",  # to a credit card
    "T07": "transfer",  # from a credit card
    "T08": "adjustment",  # bonuses
    "T09": "adjustment",  # incentives, coupons
    "T10": "transfer",  # bills paid
    "T11": "adjustment",
    "T12": "adjustment",
    "T14": "adjustment",  # dividends
    "T15": RESERVE,
    "T16": "transfer",  # buyer credit
    "T17": "transfer",  # withdrawals to others than banks
    "T18": "transfer",
    "T19": "adjustment",
    "T20": "transfer",  # between accounts of the same company
    "T21": RESERVE,
    "T22": "transfer",
    "T30": "transfer",
    "T50": "transfer",
    "T97": "adjustment",
    "T98": "adjustment",
    "T99": "adjustment",
}
_CODES = {
    "T1101": "payout",  # a withdrawal that the bank returned
    "T1104": "transfer",  # a deposit that was reversed
    "T1105": RESERVE,
    "T1106": "chargeback",
    "T1107": "refund",
    "T1108": "fee",
    "T1109": "fee",
    "T1110": RESERVE,
    "T1111": RESERVE,
    "T1113": "refund",
    "T1114": "transfer",
    "T1115": "transfer",
    "T1201": "chargeback",
    "T1202": "chargeback_reversal",
    "T1205": "chargeback_reversal",
    "T1207": "chargeback",
    "T1208": "chargeback_reversal",
}


def kinds(codes: pa.Array) -> pa.Array:
    """The kind of each code; null where neither the code nor its group is known."""
    groups = translate(pc.utf8_slice_codeunits(codes, 0, 3), _GROUPS)
    well_formed = pc.match_substring_regex(codes, "^T[0-9]{4}$")
    return pc.if_else(well_formed, pc.coalesce(translate(codes, _CODES), groups), None)


def set_line_kind(draft: Draft, known: pa.Array) -> None:
    """The kinds of PayPal's lines, some of which depend on the direction of the money.

    `known` is what the source calls them. A payment that was sent is a transfer, and a chargeback
    that brings money back is a reversal. What is unknown is an adjustment, and is reported.
    """
    incoming = pc.greater_equal(draft["net_minor"], 0)
    kind = pc.case_when(
        pc.make_struct(
            pc.and_(pc.equal(known, RESERVE), incoming),
            pc.equal(known, RESERVE),
            pc.and_(pc.equal(known, "charge"), pc.less(draft["gross_minor"], 0)),
            pc.and_(pc.equal(known, "chargeback"), pc.greater(draft["gross_minor"], 0)),
        ),
        "reserve_release",
        "reserve_hold",
        "transfer",
        "chargeback_reversal",
        known,
    )
    draft["line_kind"] = kind.fill_null("adjustment")
    draft.note(
        "unknown_type",
        pc.is_null(known),
        "{!r} is not known; the line was taken as an adjustment",
        draft["raw_kind"],
    )
