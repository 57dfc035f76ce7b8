"""Chart of accounts: one ledger account."""

import great_expectations.expectations as gxe

from expectations.common import unexpected_rows

EXPECTATIONS = [
    gxe.ExpectColumnValuesToBeInSet(
        column="account_type",
        value_set=["asset", "liability", "equity", "income", "expense"],
    ),
    unexpected_rows(
        "role = 'processor_clearing' and processor is null",
        "A clearing account names its processor.",
    ),
]
