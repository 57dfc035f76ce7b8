"""Subscriptions: one subscription that a merchant sells."""

from expectations.common import unexpected_rows

EXPECTATIONS = [
    unexpected_rows("ended_at < started_at", "A subscription does not end before it starts.")
]
