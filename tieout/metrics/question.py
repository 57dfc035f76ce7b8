"""What is asked of a metric, and how people write it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_CONDITION = re.compile(r"\s*(\w+)\s*(!=|<>|>=|<=|=|>|<|\bin\b)\s*(.+?)\s*", re.IGNORECASE)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)


class Unanswerable(Exception):
    """The question cannot be answered; the message says what can be asked instead."""


@dataclass(frozen=True)
class Condition:
    """A dimension compared with values: one of several values where it is equality."""

    dimension: str
    operator: str
    values: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> tuple[Condition, ...]:
        """``processor = stripe and currency in (USD, EUR)`` as conditions that all hold."""
        return tuple(cls._parse_one(part) for part in _AND.split(text.strip()))

    @classmethod
    def _parse_one(cls, text: str) -> Condition:
        found = _CONDITION.fullmatch(text)
        if not found:
            raise Unanswerable(
                f"cannot read the condition {text!r}; write it like: processor = stripe"
            )
        name, operator, said = found.groups()
        operator = {"in": "=", "<>": "!="}.get(operator.lower(), operator)
        listed = said.removeprefix("(").removesuffix(")") if said.startswith("(") else said
        values = tuple(value.strip().strip("'\"") for value in listed.split(","))
        if len(values) > 1 and operator not in ("=", "!="):
            raise Unanswerable(f"{operator} compares with one value, not with {listed}")
        return cls(name, operator, values)

    def sql(self, column: str) -> str:
        """The condition on a column, its values quoted."""
        quoted = ", ".join("'" + value.replace("'", "''") + "'" for value in self.values)
        if self.operator in ("=", "!="):
            return f"{column} {'' if self.operator == '=' else 'not '}in ({quoted})"
        return f"{column} {self.operator} {quoted}"


@dataclass(frozen=True)
class Question:
    """A metric, cut by dimensions and a grain of time, for what meets all conditions.

    `since` and `until` are days, both included.
    """

    metric: str
    by: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()
    grain: str | None = None
    since: date | None = None
    until: date | None = None
