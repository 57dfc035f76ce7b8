"""What `explain` answers, as plain data. Amounts are integers of minor units with a currency."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from tieout.money import format_minor


@dataclass(frozen=True)
class Amount:
    """Some money: minor units, the ISO 4217 code (null where none is stated), and as text."""

    minor: int
    currency: str | None
    text: str

    @classmethod
    def of(cls, minor: int, currency: str | None) -> Amount:
        """An amount; a currency that ISO 4217 does not know leaves the minor units as text."""
        try:
            text = format_minor(minor, currency or "")
        except ValueError:
            text = f"{minor:,} minor units of {currency or 'no currency'}"
        return cls(minor, currency, text)


@dataclass(frozen=True)
class Place:
    """Where a record was received: the file, and its line (row of a Parquet file)."""

    sha256: str
    line: int
    origin: str
    arrival_day: str | None


@dataclass(frozen=True)
class Record:
    """One record of a canonical table.

    `state` is current, replaced (another version is), superseded (a later file restates its file)
    or undecided (versions of a table that no leg uses). `is_asked` says that the ID is one of its
    own.
    """

    table: str
    record_id: str
    state: str
    status: str | None
    is_asked: bool
    ids: dict[str, str]
    amounts: dict[str, Amount]
    dates: dict[str, str]
    details: dict[str, str]
    place: Place


@dataclass(frozen=True)
class Total:
    """The sum of some records of a group."""

    name: str
    records: int
    amount: Amount


@dataclass(frozen=True)
class Group:
    """Records that belong together. `records` may be the first ones of many: `count` says."""

    title: str
    count: int
    records: tuple[Record, ...] = ()
    totals: tuple[Total, ...] = ()
    note: str | None = None


@dataclass(frozen=True)
class Side:
    """One side of an item: its records and their sums, one a currency."""

    name: str
    records: int
    amounts: tuple[Amount, ...]


@dataclass(frozen=True)
class Candidate:
    """What an ambiguous item could belong to."""

    item_id: str
    reference: str | None
    amount: Amount
    business_date: str


@dataclass(frozen=True)
class Leg:
    """One item: what two sides of a leg say of the same money, and how it was judged.

    `rule` is the policy of all processors on the as-of day; `deadline` is the item's own.
    """

    leg: str
    title: str
    item_id: str
    reference: str | None
    status: str
    match_pass: str | None
    break_type: str | None
    meaning: str
    sentence: str
    rule: str | None
    match_key: str
    compared: str
    left: Side
    right: Side
    difference: Amount | None
    business_date: str
    deadline: str | None
    as_of: str
    age_days: int
    candidate_count: int | None
    is_ambiguous: bool
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class LeftOut:
    """Records that a leg does not reconcile, and why."""

    leg: str
    title: str
    source_table: str
    reason: str
    meaning: str
    records: int


@dataclass(frozen=True)
class Standing:
    """How many lines stand how on a leg; `excluded` is a status here.

    Lines and not records are counted, since what a leg computes from a line (a conversion, a fee
    by contract) has the line of its origin.
    """

    leg: str
    title: str
    status: str
    lines: int


@dataclass(frozen=True)
class Line:
    """One original line; `missing` says why the text cannot be shown."""

    table: str
    record_id: str
    place: Place
    text: str | None
    missing: str | None


@dataclass(frozen=True)
class ControlTotal:
    """A total that a file states of itself; counts have no currency."""

    name: str
    scope: str
    line: int | None
    stated: str
    computed: str
    difference: str
    holds: bool


@dataclass(frozen=True)
class Remark:
    """A finding, or a record that could not be read, with its line."""

    line: int | None
    code: str
    message: str
    text: str | None = None


@dataclass(frozen=True)
class OtherFile:
    """The file that supersedes this one, or that this one supersedes, and why."""

    sha256: str
    origin: str
    because: str


@dataclass(frozen=True)
class File:
    """One landed content: what was read, what it states of itself, what became of its rows."""

    sha256: str
    origins: tuple[str, ...]
    arrival_day: str | None
    source: str | None
    format: str | None
    status: str
    reason: str | None
    bytes: int
    records: int
    canonical_records: int
    quarantined_records: int
    structural_records: int
    canonical_rows: int
    rows_in_use: int | None
    rows_superseded: int | None
    report_id: str | None
    report_version: str | None
    superseded_by: OtherFile | None
    supersedes: tuple[OtherFile, ...]
    control_totals: tuple[ControlTotal, ...]
    findings: tuple[Remark, ...]
    quarantine: tuple[Remark, ...]


@dataclass(frozen=True)
class Story:
    """Everything that is known of what was asked for.

    `lines` may be the first ones: `lines_left` says how many more there are. `standings` is told
    of files and payouts, whose lines are too many to be told one by one.
    """

    asked: str
    edition_id: str
    as_of: str
    kind: str
    title: str
    found_in: tuple[str, ...]
    groups: tuple[Group, ...] = ()
    file: File | None = None
    standings: tuple[Standing, ...] = ()
    legs: tuple[Leg, ...] = ()
    legs_left: int = 0
    left_out: tuple[LeftOut, ...] = ()
    lines: tuple[Line, ...] = ()
    lines_left: int = 0
    see_also: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """One of several things that go by the ID; `id` names it alone."""

    kind: str
    label: str
    id: str


@dataclass(frozen=True)
class Choices:
    """Several things go by the ID: the first ones, and how many more there are."""

    asked: str
    edition_id: str
    found_in: tuple[str, ...]
    choices: tuple[Choice, ...]
    choices_left: int = 0
    kind: str = field(default="several", init=False)

    @property
    def count(self) -> int:
        """How many things there are."""
        return len(self.choices) + self.choices_left


@dataclass(frozen=True)
class Nothing:
    """Nothing goes by the ID; what was searched, and what is spelt nearly like it."""

    asked: str
    edition_id: str
    searched: tuple[str, ...]
    near: tuple[str, ...]
    kind: str = field(default="nothing", init=False)


Answer = Story | Choices | Nothing


def as_json(answer: Answer) -> dict[str, object]:
    """An answer as plain values for JSON; `kind` tells the three apart."""
    return asdict(answer)
