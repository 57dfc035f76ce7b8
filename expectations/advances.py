"""Advances: one event of an advance to a merchant."""

from expectations.common import unexpected_rows

EXPECTATIONS = [
    unexpected_rows(
        "principal_minor < 0 or fee_minor < 0", "Amounts are positive; the stage is the direction."
    )
]
