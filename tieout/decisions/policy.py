"""What policy says of decisions: the limits up to which one person is enough, and the reasons.

Both are seeds of the dbt project, so that the store and the models hold to the same lines.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"


@dataclass(frozen=True)
class Limit:
    """Up to `limit_minor`, one person in `role` is enough for a decision of `kind`.

    `currency` is that of the items; ``*`` is any, and then the limit is one of the value in the
    reporting currency.
    """

    kind: str
    role: str
    currency: str
    limit_minor: int
    effective_from: date
    effective_to: date


@dataclass(frozen=True)
class DecisionPolicy:
    """The limits, and the reason codes with their titles."""

    limits: tuple[Limit, ...]
    reasons: dict[str, str]

    @classmethod
    def load(cls, seeds: Path = SEEDS) -> DecisionPolicy:
        """The policy as it stands in the seeds."""
        limits = tuple(
            Limit(
                row["kind"],
                row["role"],
                row["currency"],
                int(row["limit_minor"]),
                date.fromisoformat(row["effective_from"]),
                date.fromisoformat(row["effective_to"]),
            )
            for row in _rows(seeds / "decision_limits.csv")
        )
        titles = {r["reason_code"]: r["title"] for r in _rows(seeds / "reason_codes.csv")}
        return cls(limits, titles)

    def is_enough(self, kind: str, role: str, day: date, seen: dict[str, Any]) -> bool:
        """Whether one person in this role can decide on the value that they see, on this day.

        A limit in the currency of the items goes before the one in the reporting currency. Where
        no limit is set, or the value is not known, one person is never enough.
        """
        values = {seen["currency"]: seen["value_minor"], "*": seen["value_reporting_minor"]}
        for currency, value in values.items():
            for limit in self.limits:
                if (limit.kind, limit.role, limit.currency) == (kind, role, currency) and (
                    limit.effective_from <= day <= limit.effective_to
                ):
                    return value is not None and int(value) <= limit.limit_minor
        return False


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
