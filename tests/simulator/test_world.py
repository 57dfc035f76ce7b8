"""A world without errors ties out to the last cent, and is the same whenever it is made."""

import json
import re
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest

from tieout.cards import truncate_text
from tieout.contracts import LEDGER_ENTRIES, PAYMENTS
from tieout.simulator import ErrorRates, Month, parse_months, simulate
from tieout.simulator.draws import Draws
from tieout.simulator.phases import phase_of
from tieout.simulator.rates import Rates


def test_same_arguments_same_bytes_in_one_process_or_two(flawed, make_world) -> None:
    again = make_world(ErrorRates.scaled(Fraction(4)), processes=2)
    assert again.hashes() == flawed.hashes()


def test_another_seed_is_another_world(clean, make_world) -> None:
    other = make_world(ErrorRates.none(), seed=8).hashes()
    same = {name for name, digest in clean.hashes().items() if other.get(name) == digest}
    assert same == {"inbox/company/chart_of_accounts.csv", *_costs(same), "truth/errors.parquet"}


def _costs(names: set[str]) -> set[str]:
    return {name for name in names if name.startswith("inbox/company/costs-")}


def test_a_month_is_the_same_beside_other_months(clean, tmp_path) -> None:
    simulate(
        tmp_path / "inbox",
        tmp_path / "truth",
        months=parse_months("2014-10..2014-11"),
        seed=7,
        payments_per_month=2_000,
        errors=ErrorRates.none(),
    )
    for name in ("company/payments-2014-11.parquet", "stripe/payout_reconciliation_2014-11-10.csv"):
        assert (tmp_path / "inbox" / name).read_bytes() == (clean.inbox / name).read_bytes()


def test_cost_per_million_is_the_phase_s(clean) -> None:
    costs: dict[str, int] = defaultdict(int)
    for row in clean.csv_rows("company/costs-*.csv"):
        costs[row["period"][:7]] += int(row["amount_minor"])
    volumes = _volumes(clean)
    assert len(volumes) == 4
    for month in clean.summary.months:
        phase = phase_of(Month(*map(int, month.month.split("-"))))
        assert volumes[month.month] == month.volume_usd_minor == 2_000 * 50_00
        ratio = Fraction(costs[month.month] * 10**6, volumes[month.month])
        assert ratio == phase.cost_per_million


def _volumes(world) -> dict[str, int]:
    """The captured volume by month, from the payments and the published rates."""
    published = {row["Date"]: row for row in world.csv_rows("ecb/*.csv")}
    rows = world.sql(
        "select cast(cast(captured_at as date) as varchar) as day, currency,"
        " sum(captured_minor) as minor from {payments} where captured_minor > 0 group by all"
    )
    volumes: dict[str, Fraction] = defaultdict(Fraction)
    for row in rows:
        rates = published[max(day for day in published if day <= row["day"])]
        rate = Fraction(1) if row["currency"] == "EUR" else Fraction(rates[row["currency"]])
        cents = 100 if row["currency"] == "JPY" else 1
        dollars = int(row["minor"]) * cents / rate * Fraction(rates["USD"])
        volumes[row["day"][:7]] += dollars
    return {month: round(volume) for month, volume in volumes.items()}


def test_success_rate_is_exact(clean) -> None:
    rows = clean.sql(
        "select strftime(created_at, '%Y-%m') as month,"
        " count(*) filter (status <> 'invalid') as valid,"
        " count(*) filter (status in ('authorised', 'captured')) as authorised,"
        " count(distinct status) as statuses from {payments} group by all order by 1"
    )
    rates = [Fraction(row["authorised"], row["valid"]) for row in rows]
    assert rates == [Fraction(94, 100), Fraction(97, 100), Fraction(97, 100), Fraction(991, 1000)]
    assert [row["valid"] for row in rows] == [2_000] * 4
    assert all(row["statuses"] >= 5 for row in rows)


def test_failed_payments_are_tried_again(clean) -> None:
    rows = clean.sql(
        "select max(attempt_no) as attempts, bool_or(status = 'captured') as captured,"
        " count(distinct amount_minor) as amounts, count(distinct merchant_id) as merchants,"
        " list(attempt_no order by created_at) = list(attempt_no order by attempt_no) as in_order"
        " from {payments} group by payment_id having count(*) > 1"
    )
    assert {row["attempts"] for row in rows} == {2, 3}
    assert any(row["captured"] for row in rows)
    assert all(row["amounts"] == row["merchants"] == 1 and row["in_order"] for row in rows)


def test_every_journal_balances(clean) -> None:
    assert not clean.sql(
        "select journal_id from {ledger} group by journal_id, currency"
        " having sum(amount_minor) <> 0"
    )
    types = clean.sql("select distinct event_type from {ledger} order by 1")
    assert [row["event_type"] for row in types] == [
        "capture",
        "chargeback",
        "chargeback_reversal",
        "payout",
        "processor_fee",
        "refund",
    ]


def test_every_stripe_payout_is_the_sum_of_its_lines(clean) -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    payouts = 0
    for row in clean.stripe:
        gross, fee, net = (Decimal(row[name]) for name in ("gross", "fee", "net"))
        assert net == gross - fee
        assert row["currency"] != "jpy" or "." not in row["gross"]
        sums[row["automatic_payout_id"]] += net
        if row["reporting_category"] == "payout":
            payouts += 1
            assert row["source_id"] == row["automatic_payout_id"]
    assert payouts == len(sums) > 50
    assert set(sums.values()) == {0}


def test_every_adyen_batch_nets_to_zero(clean) -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in clean.adyen:
        gross = _number(row["Gross Credit (GC)"]) - _number(row["Gross Debit (GC)"])
        net = _number(row["Net Credit (NC)"]) - _number(row["Net Debit (NC)"])
        names = ("Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)")
        if row["Gross Currency"]:
            assert net == gross - sum(_number(row[name]) for name in names)
        sums[row["Batch Number"]] += net
    payouts = [row for row in clean.adyen if row["Type"] == "MerchantPayout"]
    assert len(payouts) == len(sums) > 5
    assert set(sums.values()) == {0}
    text = payouts[0]["Modification Reference"]
    account, batch = payouts[0]["Merchant Account"], payouts[0]["Batch Number"]
    assert re.fullmatch(
        f"TX[0-9]{{10}}XT {account} batch {batch}, {account} batch {batch}, {account}", text
    )


def _number(text: str) -> Decimal:
    return Decimal(text or 0)


def test_adyen_times_are_local_in_their_zone(clean) -> None:
    # Summer time ended on 2014-10-26 at 01:00 UTC and on 2017-10-29.
    for row in clean.adyen:
        day = row["Creation Date"][:10]
        if day not in ("2014-10-26", "2017-10-29"):
            is_winter = "2014-10-26" < day < "2017-01-01" or day > "2017-10-29"
            assert row["TimeZone"] == ("CET" if is_winter else "CEST")


def test_camt_statements_close_and_follow_each_other(clean) -> None:
    closing: dict[str, Decimal] = {}
    for path in sorted(clean.inbox.glob("bank/*.xml")):
        for statement in ElementTree.parse(path).getroot().findall("{*}BkToCstmrStmt/{*}Stmt"):
            account = statement.findtext("{*}Acct/{*}Id/{*}Othr/{*}Id")
            opened, closed = map(_signed, statement.findall("{*}Bal"))
            assert opened + sum(map(_signed, statement.findall("{*}Ntry"))) == closed
            assert closing.get(account, opened) == opened
            closing[account] = closed
    assert len(closing) == 4


def _signed(element: ElementTree.Element) -> Decimal:
    amount = Decimal(element.findtext("{*}Amt"))
    return amount if element.findtext("{*}CdtDbtInd") == "CRDT" else -amount


def test_mt940_statements_close_and_follow_each_other(clean) -> None:
    closing: dict[str, Decimal] = {}
    for path in sorted(clean.inbox.glob("bank/*.sta")):
        for statement in path.read_bytes().decode().split("-\r\n")[:-1]:
            account = re.search(r":25:(\S+)", statement)[1]
            opened, closed = (
                _swift(*re.search(rf":{tag}:([CD])\d{{6}}[A-Z]{{3}}([0-9,]+)", statement).groups())
                for tag in ("60F", "62F")
            )
            entries = re.findall(r":61:\d{10}([CD])([0-9,]+)N", statement)
            assert opened + sum(_swift(*entry) for entry in entries) == closed
            assert closing.get(account, opened) == opened
            closing[account] = closed
    assert len(closing) == 4


def _swift(sign: str, amount: str) -> Decimal:
    value = Decimal(amount.replace(",", "."))
    return value if sign == "C" else -value


def test_every_payment_event_is_settled_unless_it_is_in_transit(clean) -> None:
    settled = {row["source_id"] for row in clean.stripe}
    settled |= {row["Psp Reference"] for row in clean.adyen}
    open_days = clean.sql(
        "select processor_reference, cast(cast(captured_at as date) as varchar) as day"
        " from {payments} where captured_minor > 0"
    )
    in_transit = {row["day"] for row in open_days if row["processor_reference"] not in settled}
    assert min(in_transit) >= "2017-10-25"


def test_nothing_is_dated_after_the_end(clean) -> None:
    assert max(row["created_utc"] for row in clean.stripe) < "2017-11-01"
    last = clean.sql("select cast(max(effective_at) as varchar) as last from {ledger}")
    assert last[0]["last"] < "2017-11-01"
    assert not list(clean.inbox.rglob("*2017-11*"))


def test_exports_have_the_contract_s_columns(clean) -> None:
    names = {"payments": PAYMENTS, "ledger": LEDGER_ENTRIES}
    for name, table in names.items():
        for path in clean.inbox.glob(f"company/{name}-*.parquet"):
            assert pq.read_schema(path).equals(table.columns)


def test_no_text_looks_like_a_card_number(clean) -> None:
    for path in [*clean.inbox.rglob("*.csv"), *clean.inbox.glob("bank/*")]:
        text = path.read_text()
        assert truncate_text(text) == text, path
    ids = clean.sql("select attempt_id || ' ' || processor_reference as ids from {payments}")
    joined = "\n".join(row["ids"] or "" for row in ids)
    assert truncate_text(joined) == joined


def test_rates_do_not_depend_on_the_window() -> None:
    short = Rates(Draws(7), Month(2014, 10).first_day, Month(2014, 10).last_day)
    long = Rates(Draws(7), Month(2011, 10).first_day, Month(2017, 10).last_day)
    assert set(short.csv().splitlines()) <= set(long.csv().splitlines())


def test_the_summary_counts_what_was_written(clean) -> None:
    files = [path for path in clean.inbox.rglob("*") if path.is_file()]
    assert clean.summary.files == len(files)
    assert clean.summary.rows["stripe"] == len(clean.stripe)
    assert clean.summary.rows["adyen"] == len(clean.adyen)
    stored = json.loads((clean.truth / "summary.json").read_text())
    assert stored["rows"] == clean.summary.rows
    assert stored["months"][0]["volume_usd_minor"] == 10_000_000


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"months": ()}, "no month to simulate"),
        ({"payments_per_month": 20}, "2011-10 would have 20 payments; it needs 100 or more"),
        ({"truth": Path("inbox/truth")}, "must not lie in the inbox"),
    ],
)
def test_what_cannot_be_simulated_says_why(tmp_path, changed, message) -> None:
    arguments = {"months": (Month(2011, 10),), "seed": 1, "truth": Path("truth")} | changed
    truth = tmp_path / arguments.pop("truth")
    with pytest.raises(ValueError, match=message):
        simulate(tmp_path / "inbox", truth, **arguments)
    assert not (tmp_path / "inbox").exists()
