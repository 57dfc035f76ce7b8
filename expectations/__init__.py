"""Great Expectations suites: what must be true of the canonical rows of one arrival day.

One module a canonical table. Each holds `EXPECTATIONS`, to which `suite` adds what follows from
the contract. A critical expectation blocks the run; a warning is reported and stops nothing.

Importing Great Expectations takes seconds, so nothing here is imported before a check runs.
"""
