"""Bank balances: one balance that a statement states."""

import great_expectations.expectations as gxe

EXPECTATIONS = [
    gxe.ExpectColumnValuesToBeInSet(
        column="balance_kind",
        value_set=[
            "opening",
            "closing",
            "interim_opening",
            "interim_closing",
            "available",
            "forward",
            "other",
        ],
    )
]
