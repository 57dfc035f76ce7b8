"""Which rows of an edition somebody may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

# The columns by which rows can be kept from somebody.
SCOPE_COLUMNS = ("processor", "merchant_id", "country")


@dataclass(frozen=True)
class RowScope:
    """Which rows somebody may see: by column, the values that they may have; no column, all rows.

    A table that lacks one of the columns cannot be cut, so it cannot be seen.
    """

    allowed: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @classmethod
    def of(cls, allowed: Mapping[str, Collection[str]]) -> RowScope:
        """A scope in its one spelling, so that equal scopes are equal."""
        return cls(tuple((name, tuple(sorted(set(allowed[name])))) for name in sorted(allowed)))

    @property
    def is_limited(self) -> bool:
        """Whether any row is kept back."""
        return bool(self.allowed)

    def can_cut(self, columns: Collection[str]) -> bool:
        """Whether a table of these columns can be cut down to the rows of this scope."""
        return all(name in columns for name, _ in self.allowed)

    def condition(self, columns: Collection[str]) -> str:
        """The rows of a table that are in the scope, as a condition of SQL.

        A row without a value is none of them, and a table that cannot be cut has none.
        """
        if not self.can_cut(columns):
            return "false"
        parts = [f"coalesce({name} in ({_list(values)}), false)" for name, values in self.allowed]
        return " and ".join(parts) or "true"

    def __str__(self) -> str:
        return "; ".join(f"{name} {', '.join(values)}" for name, values in self.allowed)


EVERY_ROW = RowScope()


def _list(values: tuple[str, ...]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values) or "null"
