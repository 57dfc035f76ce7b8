"""Costs: one cost of one month."""

from expectations.common import unexpected_rows

EXPECTATIONS = [
    unexpected_rows("day(period) <> 1", "A period is named by the first day of its month.")
]
