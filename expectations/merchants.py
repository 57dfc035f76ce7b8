"""Merchants: one merchant, as it is now."""

from expectations.common import unexpected_rows

EXPECTATIONS = [unexpected_rows("merchant_id = ''", "A merchant has an id.")]
