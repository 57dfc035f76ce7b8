"""Tax lines: one tax on one taxable event."""

from expectations.common import unexpected_rows

EXPECTATIONS = [
    unexpected_rows(
        "sign(tax_minor) * sign(taxable_minor) < 0", "A tax has the sign of what it is on."
    )
]
