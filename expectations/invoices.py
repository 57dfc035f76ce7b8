"""Invoices: one invoice that a merchant sends."""

from expectations.common import unexpected_rows

EXPECTATIONS = [
    unexpected_rows(
        "period_end < period_start", "The period that is invoiced does not end before it begins."
    ),
    unexpected_rows("abs(tax_minor) > abs(amount_minor)", "The tax is a part of the amount."),
]
