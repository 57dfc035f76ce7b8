"""Fee contracts: one price of a contract with a processor."""

from expectations.common import unexpected_rows

EXPECTATIONS = [
    unexpected_rows("effective_to < effective_from", "A price does not end before it begins."),
    unexpected_rows(
        "rate_ppm not between -1000000 and 1000000", "A rate is at most the whole amount."
    ),
]
