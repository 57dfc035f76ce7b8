"""FX rates: one reference rate of one day."""

from expectations.common import unexpected_rows

EXPECTATIONS = [unexpected_rows("rate <= 0", "A rate is positive.")]
