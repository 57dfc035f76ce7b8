"""Network bills: one line of a card network's bill for a month of service."""

from expectations.common import unexpected_rows

EXPECTATIONS = [
    unexpected_rows(
        "billed_on < date_trunc('month', service_month)", "A month is billed after it has begun."
    )
]
