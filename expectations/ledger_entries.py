"""Ledger entries: one posting line."""

from expectations.common import unexpected_rows

_DAY = 24 * 60 * 60 * 1_000_000  # in microseconds

EXPECTATIONS = [
    unexpected_rows(
        # An instant less an interval would ask the calendar of a time zone, row by row.
        f"epoch_us(effective_at) - epoch_us(recorded_at) > {400 * _DAY}",
        "A posting is not recorded a year before it takes effect.",
        severity="warning",
    )
]
