"""Refunds: one refund of a payment."""

import great_expectations.expectations as gxe

EXPECTATIONS = [gxe.ExpectColumnValuesToBeBetween(column="amount_minor", min_value=0)]
