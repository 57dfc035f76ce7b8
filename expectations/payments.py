"""Payments: one attempt to pay."""

import great_expectations.expectations as gxe

from expectations.common import unexpected_rows

EXPECTATIONS = [
    gxe.ExpectColumnValuesToBeBetween(column="attempt_no", min_value=1),
    unexpected_rows(
        "captured_minor <> 0 and status <> 'captured'",
        "Only a captured attempt has a captured amount.",
    ),
    unexpected_rows(
        "captured_minor > amount_minor",
        "No more is captured than was authorised.",
        severity="warning",
    ),
    unexpected_rows(
        "status = 'captured' and processor_reference is null",
        "A captured attempt names its reference with the processor.",
        severity="warning",
    ),
]
