"""Ledger entries: one posting line."""

from expectations.common import unexpected_rows

EXPECTATIONS = [
    unexpected_rows(
        "recorded_at < effective_at - interval 400 days",
        "A posting is not recorded a year before it takes effect.",
        severity="warning",
    )
]
