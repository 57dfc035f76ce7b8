"""What no row of a canonical table may be, whatever reader it comes from.

A record that is so is set apart with its file, line and reason. The suites of Great Expectations
ask the same of the stored rows, in SQL: they check the readers, and these check the records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

_RATE_PPM_MAX = 1_000_000


class Condition(NamedTuple):
    """What makes a row impossible."""

    columns: tuple[str, ...]
    """The columns that it is about."""
    is_broken: Callable[..., pa.Array]
    """From the columns in their order, a mask of the rows that are so; null is no."""
    says: str
    """The reason, with a place for the value of each column in turn."""


def _is_negative(column: str) -> Condition:
    return Condition((column,), lambda values: pc.less(values, 0), f"{column}: {{}} is below zero")


def _is_before(later: str, earlier: str) -> Condition:
    return Condition((later, earlier), pc.less, f"{later}: {{}} is before {earlier}, {{}}")


def _net_is_not_gross_less_fees(net: pa.Array, gross: pa.Array, *fees: pa.Array) -> pa.Array:
    for fee in fees:
        gross = pc.subtract(gross, fee)
    return pc.not_equal(net, gross)


CONDITIONS: Mapping[str, tuple[Condition, ...]] = {
    "payments": (
        Condition(("attempt_no",), lambda n: pc.less(n, 1), "attempt_no: {} is below 1"),
        Condition(
            ("captured_minor", "status"),
            lambda minor, status: pc.and_(
                pc.not_equal(minor, 0), pc.not_equal(status, "captured")
            ),
            "captured_minor is {}, and the status is {}",
        ),
    ),
    # The direction is in what these are, so their amounts have no sign.
    "refunds": (_is_negative("amount_minor"),),
    "disputes": (_is_negative("amount_minor"),),
    "transfers": (_is_negative("amount_minor"), _is_negative("application_fee_minor")),
    "advances": (_is_negative("principal_minor"), _is_negative("fee_minor")),
    "settlement_lines": (
        Condition(
            (
                "net_minor", "gross_minor", "interchange_minor", "scheme_fee_minor",
                "markup_minor", "fixed_fee_minor", "tax_minor",
            ),
            _net_is_not_gross_less_fees,
            "net_minor: {} is not gross_minor, {}, less the fees {}, {}, {}, {} and {}",
        ),
    ),
    "chart_of_accounts": (
        Condition(
            ("role", "processor"),
            lambda role, processor: pc.and_(
                pc.equal(role, "processor_clearing"), pc.is_null(processor)
            ),
            "role: {} needs a processor, which is {}",
        ),
    ),
    "fx_rates": (
        Condition(("rate",), lambda rate: pc.less_equal(rate, 0), "rate: {} is not above zero"),
    ),
    "fee_contracts": (
        _is_before("effective_to", "effective_from"),
        Condition(
            ("rate_ppm",),
            lambda rate: pc.or_(pc.greater(rate, _RATE_PPM_MAX), pc.less(rate, -_RATE_PPM_MAX)),
            "rate_ppm: {} is more than the whole amount",
        ),
    ),
    "invoices": (
        _is_before("period_end", "period_start"),
        Condition(
            ("tax_minor", "amount_minor"),
            lambda tax, amount: pc.greater(pc.abs(tax), pc.abs(amount)),
            "tax_minor: {} is more than the amount of {} that it is a part of",
        ),
    ),
    "network_bills": (
        Condition(
            ("billed_on", "service_month"),
            lambda billed, month: pc.less(billed, pc.floor_temporal(month, unit="month")),
            "billed_on: {} is before the month of service_month, {}",
        ),
    ),
    "subscriptions": (_is_before("ended_at", "started_at"),),
    "tax_lines": (
        Condition(
            ("tax_minor", "taxable_minor"),
            lambda tax, taxable: pc.less(pc.multiply(pc.sign(tax), pc.sign(taxable)), 0),
            "tax_minor: {} has not the sign of taxable_minor, {}",
        ),
    ),
}  # fmt: skip
