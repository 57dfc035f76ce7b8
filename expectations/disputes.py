"""Disputes: one event of a dispute."""

import great_expectations.expectations as gxe

EXPECTATIONS = [gxe.ExpectColumnValuesToBeBetween(column="amount_minor", min_value=0)]
