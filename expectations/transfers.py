"""Transfers: one transfer of a marketplace to a seller."""

from expectations.common import unexpected_rows

EXPECTATIONS = [
    unexpected_rows(
        "amount_minor < 0 or application_fee_minor < 0", "Amounts are positive: money goes one way."
    )
]
