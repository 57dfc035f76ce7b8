"""Bank lines: one booked entry of a statement."""

from expectations.common import unexpected_rows

EXPECTATIONS = [
    unexpected_rows(
        "abs(date_diff('day', booking_date, value_date)) > 60",
        "An entry's value date is within two months of its booking.",
        severity="warning",
    )
]
