"""What is expected of every canonical table, derived from its contract."""

from __future__ import annotations

import importlib
from copy import copy
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe

from tieout.contracts import BUSINESS_TABLES, Table
from tieout.money import exponents

Expectation = gxe.Expectation


def suite(name: str) -> gx.ExpectationSuite:
    """The suite of one canonical table: its contract first, then its module's own expectations.

    The module's are copied, since an expectation can belong to one suite only and a process may
    check many days.
    """
    table = BUSINESS_TABLES[name]
    own: list[Any] = importlib.import_module(f"expectations.{name}").EXPECTATIONS
    return gx.ExpectationSuite(name=name, expectations=[*_contract(table), *map(copy, own)])


def _contract(table: Table) -> list[Any]:
    required = [f.name for f in table.schema if not f.nullable]
    # One expectation for all of them: each costs Great Expectations a tenth of a second.
    empty = " or ".join(f"{column} is null" for column in required)
    expectations: list[Any] = [unexpected_rows(empty, f"There is always {', '.join(required)}.")]
    # Where there are amounts, their currency must have minor units. A rate may well be one of a
    # currency that no longer exists.
    codes = sorted(exponents())
    has_amounts = any(column.name.endswith("_minor") for column in table.columns)
    for column in table.columns:
        if has_amounts and column.name.endswith("currency"):
            expectations.append(
                gxe.ExpectColumnValuesToBeInSet(column=column.name, value_set=codes)
            )
    return expectations


def unexpected_rows(condition: str, description: str, severity: str = "critical") -> Any:
    """No row of the batch may satisfy the SQL condition."""
    return gxe.UnexpectedRowsExpectation(
        unexpected_rows_query=f"select * from {{batch}} where {condition}",
        description=description,
        severity=severity,
    )
