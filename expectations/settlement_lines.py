"""Settlement lines: one line of a processor's report."""

import great_expectations.expectations as gxe

from expectations.common import unexpected_rows
from tieout.contracts import LINE_KINDS

EXPECTATIONS = [
    gxe.ExpectColumnValuesToBeInSet(column="line_kind", value_set=list(LINE_KINDS)),
    unexpected_rows(
        "net_minor <> gross_minor - interchange_minor - scheme_fee_minor - markup_minor"
        " - fixed_fee_minor - tax_minor",
        "Net is gross less the fees, on every line.",
    ),
    unexpected_rows(
        "line_kind in ('charge', 'refund', 'chargeback', 'chargeback_reversal')"
        " and processor_reference is null",
        "A line of a payment event names the event.",
        severity="warning",
    ),
]
