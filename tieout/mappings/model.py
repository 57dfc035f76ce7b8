"""What a mapping may say, validated as a whole before anything is read with it."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import available_timezones

import pyarrow as pa
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from tieout.contracts import BANK_LINES, BUSINESS_TABLES, DECISIONS, SETTLEMENT_LINES, Table
from tieout.formats.amounts import Marks
from tieout.formats.delimited import Layout
from tieout.formats.own import WORDS
from tieout.formats.times import to_iso

TABLES = {name: t for name, t in BUSINESS_TABLES.items() if t is not DECISIONS}
# What need not be mapped, since it follows from what is.
DERIVED = {
    BANK_LINES.name: {"statement_id"},
    SETTLEMENT_LINES.name: {
        "processor", "report_id", "gross_minor", "net_minor", "interchange_minor",
        "scheme_fee_minor", "markup_minor", "fixed_fee_minor", "tax_minor", "presentment_minor",
        "presentment_currency",
    },
}  # fmt: skip
_ORDER = "%Y-%m-%d"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            allowed = {field.alias or name for name, field in cls.model_fields.items()}
            if unknown := sorted(set(data) - allowed):
                listed = ", ".join(sorted(allowed))
                raise ValueError(f"{', '.join(unknown)} is not known here; allowed are {listed}")
        return data


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _is_a_format(text: str) -> str:
    to_iso(pa.array([None], pa.string()), text)
    return text


Words: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Dates: TypeAlias = Annotated[
    tuple[Annotated[str, AfterValidator(_is_a_format)], ...], BeforeValidator(_listed)
]


class Direction(_Strict):
    """A column that says whether money came in or went out, where amounts have no sign."""

    column: str
    incoming: Words = Field(alias="in", min_length=1)
    outgoing: Words = Field(alias="out", min_length=1)


class Cell(_Strict):
    """Where the values of one canonical column come from."""

    column: Words = ()
    value: str | None = None
    credit: str | None = None
    debit: str | None = None
    debit_sign: Literal["plus", "minus"] = "plus"
    direction: Direction | None = None
    negate: bool = False
    unit: Literal["major", "minor"] = "major"
    words: dict[str, str] = {}
    otherwise: str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Cell:
        origins = (bool(self.column), self.value is not None, bool(self.credit or self.debit))
        if sum(origins) != 1:
            raise ValueError("say one of: column, value, or credit and debit")
        if bool(self.credit) != bool(self.debit):
            raise ValueError("credit and debit are said together")
        if self.otherwise is not None and not self.words:
            raise ValueError("otherwise is what words leave over, and there are no words")
        if self.direction and not self.column:
            raise ValueError("direction goes with one column of amounts")
        return self

    def columns(self) -> Iterator[str]:
        """The columns of the file that are looked at."""
        yield from self.column
        yield from filter(None, (self.credit, self.debit))
        if self.direction:
            yield self.direction.column


class Rows(_Strict):
    """Rows of the file that have one of these values in a column."""

    column: str
    values: Words = Field(min_length=1)


class Total(_Strict):
    """A total that a row of the file states: of an amount, or (without `of`) of the records."""

    name: str
    rows: Rows
    column: str
    of: str | None = None


class ControlTotals(_Strict):
    """What the file says of itself, by which its reading can be checked."""

    running_balance: str | None = None
    stated: tuple[Total, ...] = ()


def _cells(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {k: {"column": v} if isinstance(v, str | list) else v for k, v in value.items()}


class MappingFile(_Strict):
    """The contents of one mapping."""

    title: str
    table: str
    source: str
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    encoding: str | None = None
    header_line: int | None = Field(default=None, ge=1)
    header_names: tuple[str, ...] = ()
    decimal_mark: Literal[".", ","] = "."
    thousands_mark: Literal["", ".", ",", " ", "'"] = ""
    currency_signs: Words = ()
    date_formats: Dates = (_ORDER,)
    time_zone: str = "UTC"
    columns: Annotated[dict[str, Cell], BeforeValidator(_cells)]
    not_records: tuple[Rows, ...] = ()
    control_totals: ControlTotals = ControlTotals()
    supersedes: bool = False

    @field_validator("table")
    @classmethod
    def _known_table(cls, name: str) -> str:
        if name not in TABLES:
            raise ValueError(f"{name!r} is no table; allowed are {', '.join(TABLES)}")
        return name

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str | None) -> str | None:
        try:
            return name and codecs.lookup(name).name
        except LookupError:
            raise ValueError(
                f"{name!r} is not known; allowed are utf-8, utf-16, cp1252, latin-1, cp850 and "
                "the others that Python names, or nothing, and it is found out"
            ) from None

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"{name!r} is no time zone; allowed are names such as Europe/Berlin")
        return name

    @model_validator(mode="after")
    def _fits_its_table(self) -> MappingFile:
        table, names = self.of_table, self.of_table.columns.names
        if unknown := sorted(set(self.columns) - set(names)):
            raise ValueError(
                f"columns: {', '.join(unknown)} is no column of {table.name}; "
                f"allowed are {', '.join(names)}"
            )
        derived = DERIVED.get(table.name, set())
        if table is SETTLEMENT_LINES and not {"gross_minor", "net_minor"} & set(self.columns):
            derived = derived - {"net_minor"}
        if lacking := sorted(table.required - set(self.columns) - derived):
            raise ValueError(
                f"columns: {', '.join(lacking)} is required by {table.name}; name the column, "
                "or give a value"
            )
        for name, cell in self.columns.items():
            self._check_cell(name, cell)
        if self.decimal_mark == self.thousands_mark:
            raise ValueError("decimal_mark and thousands_mark are the same")
        if self.header_names and self.header_line:
            raise ValueError("header_names are for a file without a header, which has no line")
        return self

    @model_validator(mode="after")
    def _checks_what_it_has(self) -> MappingFile:
        totals = self.control_totals
        if totals.running_balance and self.of_table is not BANK_LINES:
            raise ValueError("control_totals: running_balance is for bank_lines")
        for total in totals.stated:
            if total.of and (total.of not in self.columns or not is_amount(total.of)):
                amounts = [name for name in self.columns if is_amount(name)]
                raise ValueError(
                    f"control_totals: {total.of!r} is no amount that is mapped; "
                    f"allowed are {', '.join(amounts)}"
                )
        if self.supersedes and self.of_table is not BANK_LINES and "report_id" not in self.columns:
            raise ValueError("supersedes: the file names no report_id, so nothing can be told")
        return self

    def _check_cell(self, name: str, cell: Cell) -> None:
        amount_only = cell.credit or cell.direction or cell.negate or cell.unit == "minor"
        if amount_only and not is_amount(name):
            raise ValueError(
                f"columns.{name}: credit, debit, direction, negate and unit are for amounts"
            )
        if is_amount(name) and (len(cell.column) > 1 or cell.words):
            raise ValueError(f"columns.{name}: an amount has one column and no words")
        allowed = WORDS.get(name)
        said = [*cell.words.values(), *filter(None, (cell.otherwise, cell.value))]
        if allowed and (wrong := sorted(set(said) - set(allowed))):
            raise ValueError(
                f"columns.{name}: {', '.join(wrong)} is not allowed; "
                f"allowed are {', '.join(allowed)}"
            )

    @property
    def of_table(self) -> Table:
        """The canonical table that the file is read into."""
        return TABLES[self.table]

    @property
    def layout(self) -> Layout:
        """How the file is written; where its header stands may still have to be looked for."""
        return Layout(self.delimiter, self.header_line, self.header_names, self.encoding)

    @property
    def marks(self) -> Marks:
        """How the file writes its numbers."""
        return Marks(self.decimal_mark, self.thousands_mark, self.currency_signs)

    def source_columns(self) -> frozenset[str]:
        """The columns that a file must have."""
        totals = self.control_totals
        return frozenset(
            [
                *(name for cell in self.columns.values() for name in cell.columns()),
                *(rows.column for rows in self.not_records),
                *(total.column for total in totals.stated),
                *(total.rows.column for total in totals.stated),
                *filter(None, (totals.running_balance,)),
            ]
        )


def is_amount(name: str) -> bool:
    """Whether a canonical column holds money."""
    return name.endswith("_minor")
