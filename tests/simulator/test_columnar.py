"""The columnar form says the same as the text form, read with the platform's own readers."""

from collections import Counter
from fractions import Fraction

import pytest

from tests.formats.tabular_parts import Reading
from tests.simulator.conftest import WORLDS
from tests.simulator.reading import World
from tieout.formats import READERS, recognise
from tieout.formats.base import Head
from tieout.simulator import ErrorRates
from tieout.simulator.errors import Share, kinds_of

# A columnar company has no reports that could be cut off or come twice.
NO_FILES = {fate.error_type: Fraction(0) for fate in kinds_of(Share.REPORTS)}
RATES = ErrorRates.scaled(Fraction(4)).changed(NO_FILES)
FEES = ("interchange", "scheme_fee", "markup", "fixed_fee", "tax")
COLUMNS = (
    "processor",
    "line_kind",
    "gross_minor",
    "net_minor",
    "currency",
    "presentment_minor",
    "presentment_currency",
    "created_at",
    "payout_id",
    "available_on",
)


@pytest.fixture(scope="module", params=[11, 23])
def twice(make_world, request) -> tuple[World, World]:
    arguments = {"seed": request.param} | WORLDS[request.param]
    return make_world(RATES, **arguments), make_world(RATES, columnar=True, **arguments)


def settlement_rows(world: World) -> list[dict]:
    rows = []
    for folder in ("stripe", "adyen", "warehouse"):
        for path in sorted(world.inbox.glob(f"{folder}/*")):
            reader = recognise(Head.of(path, path.name))
            reading = Reading(list(reader.read(path)))
            assert not reading.quarantined
            rows += reading.rows
    return rows


def key(row: dict) -> tuple:
    """What both forms say of a line; Adyen has no id of a line, and no day of a payout."""
    is_adyen = row["processor"] == "adyen"
    columns = [name for name in COLUMNS if not (is_adyen and name == "available_on")]
    of_payment = row["line_kind"] in ("charge", "refund", "chargeback", "chargeback_reversal")
    own = ("processor_reference", "payment_reference", "merchant_reference", "card_brand")
    fees = [row[f"{name}_minor"] for name in FEES]
    return (
        tuple(row[name] for name in columns),
        tuple(row[name] for name in own) if of_payment else None,
        None if is_adyen else row["line_id"],
        tuple(fees) if is_adyen else sum(fees),
        float(row["fx_rate"] or 1) if is_adyen and of_payment else None,
    )


def test_both_forms_say_the_same_line_by_line(twice: tuple[World, World]) -> None:
    text, columnar = (Counter(map(key, settlement_rows(world))) for world in twice)
    assert text.total() == columnar.total() > 3_000
    assert text - columnar == Counter()
    assert columnar - text == Counter()


def test_a_columnar_company_has_only_parquet_of_its_own(twice: tuple[World, World]) -> None:
    text, columnar = twice
    names = {name for name in columnar.hashes() if name.startswith("inbox/")}
    assert not [name for name in names if name.startswith(("inbox/stripe", "inbox/adyen"))]
    monthly = [name for name in names if "/company/" in name and "-20" in name]
    assert {name.rsplit(".")[-1] for name in monthly if "costs" not in name} == {"parquet"}
    same = {name for name, sha256 in text.hashes().items() if columnar.hashes().get(name) == sha256}
    assert {name for name in names if name.startswith(("inbox/bank", "inbox/ecb"))} <= same
    assert {name for name in names if "/payments-" in name or "/ledger-cash-" in name} <= same
    # The ledger is in no order there, but says the same.
    entries = [world.sql("from {ledger} order by entry_id") for world in twice]
    assert entries[0] == entries[1]


def test_the_company_s_other_exports_say_the_same(twice: tuple[World, World]) -> None:
    as_bytes = {path.name for path in twice[1].inbox.glob("company/*")} & {
        path.name for path in twice[0].inbox.glob("company/*")
    }
    contents = []
    for world in twice:
        tables: Counter = Counter()
        for path in sorted(world.inbox.glob("company/*-20*")):
            if path.name in as_bytes:
                continue
            name = path.name.split("-20")[0]
            reader = recognise(Head.of(path, path.name))
            assert reader in READERS
            rows = Reading(list(reader.read(path))).rows
            for row in rows:
                row.pop("source_line")
                tables[name, tuple(sorted((k, str(v)) for k, v in row.items() if v))] += 1
        contents.append(tables)
    assert contents[0] == contents[1]
    assert {"refunds", "disputes", "invoices", "subscriptions", "transfers"} <= {
        name for name, _ in contents[0]
    }


def test_both_forms_have_the_same_truth(twice: tuple[World, World]) -> None:
    text, columnar = twice
    assert columnar.summary.errors == text.summary.errors
    assert columnar.summary.months == text.summary.months
    columns = ("error_id", "leg", "break_type", "reference", "amount_minor", "file")
    assert [[e[c] for c in columns] for e in columnar.errors] == [
        [e[c] for c in columns] for e in text.errors
    ]


def test_errors_of_reports_are_not_planted_in_a_columnar_company(make_world) -> None:
    rates = ErrorRates.only(**dict.fromkeys(NO_FILES, Fraction(1, 10)))
    assert make_world(rates, columnar=True).errors == []


def test_the_columnar_form_is_the_same_in_two_processes(make_world) -> None:
    arguments = {"seed": 11, "columnar": True} | WORLDS[11]
    one, two = (make_world(RATES, processes=count, **arguments) for count in (1, 2))
    assert one.states() == two.states()
