"""The files of a simulated company, read by plain means.

They are read here with the csv module and Decimal, not with the platform's readers, so that a
mistake in those cannot hide one of the simulator.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb

from tieout.simulator import Summary

DECIMALS = {"JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3}
KINDS = {
    "charge": "charge",
    "refund": "refund",
    "dispute": "chargeback",
    "dispute_reversal": "chargeback_reversal",
    "refund_failure": "refund_reversal",
    "fee": "fee",
    "risk_reserved_funds": "reserve",
    "payout": "payout",
    "Settled": "charge",
    "Refunded": "refund",
    "Chargeback": "chargeback",
    "ChargebackReversed": "chargeback_reversal",
    "RefundedReversed": "refund_reversal",
    "Fee": "fee",
    "ReserveAdjustment": "reserve",
    "MerchantPayout": "payout",
}
OF_PAYOUT = ("fee", "reserve", "payout")
_BRANDS = {"mc": "mastercard"}
_PAYOUT_REFERENCE = re.compile(r"po_\w{20}|TX\d{10}XT")


def minor(text: str, currency: str) -> int:
    """Minor units of a plain decimal, which must have as many decimals as its currency."""
    places = DECIMALS.get(currency, 2)
    assert len(text.partition(".")[2]) == places, (text, currency)
    return int(Decimal(text).scaleb(places))


@dataclass(frozen=True)
class Line:
    """One line of a processor's report, in minor units."""

    file: str
    processor: str
    kind: str
    reference: str  # of the event
    charge: str
    payment_id: str
    line_id: str
    payout: str
    label: str
    seen: int
    currency: str
    gross: int
    fees: int
    net: int
    at: datetime
    paid_on: date | None  # unknown where the line of the payout is cut off
    brand: str
    funding: str
    rate: str = ""  # Adyen prints it
    components: dict[str, int] = field(default_factory=dict)  # Adyen prints them
    bank_reference: str = ""  # on payouts: what the bank calls them


@dataclass(frozen=True)
class Entry:
    day: date
    amount: int
    text: str
    reference: str

    @property
    def payout(self) -> str:
        """The payout's reference in the text, or nothing."""
        found = _PAYOUT_REFERENCE.search(self.text)
        return found[0] if found else ""


@dataclass(frozen=True)
class Statement:
    """One month of an account; `closing` is what is stated."""

    file: str
    account: str
    currency: str
    opening: int
    closing: int
    closed_on: date
    entries: tuple[Entry, ...]

    @property
    def month(self) -> str:
        return re.search(r"\d{4}-\d{2}", self.file)[0]

    @property
    def moved(self) -> int:
        return sum(entry.amount for entry in self.entries)


@dataclass
class World:
    inbox: Path
    truth: Path
    summary: Summary
    last_day: date

    def csv_rows(self, pattern: str) -> Iterator[dict[str, str]]:
        """The rows of files, but not one that is cut off in its middle."""
        for path in sorted(self.inbox.glob(pattern)):
            whole, _, _ = path.read_text().rpartition("\n")
            for row in csv.DictReader(io.StringIO(whole)):
                yield row | {"file": path.relative_to(self.inbox).as_posix()}

    @cached_property
    def every_line(self) -> dict[str, list[Line]]:
        """The lines of each report, also of those that do not count."""
        stripe = map(_stripe_line, self.csv_rows("stripe/*.csv"))
        lines = [*stripe, *_adyen_lines(list(self.csv_rows("adyen/*.csv")))]
        found = defaultdict(list)
        for line in lines:
            found[line.file].append(line)
        return found

    @cached_property
    def lines(self) -> list[Line]:
        """The lines that count: of a report that came twice only those of one delivery."""
        replaced = {name.replace("_restated", "") for name in self.every_line if "_rest" in name}
        return [
            line
            for name, lines in self.every_line.items()
            if name not in replaced and "_again" not in name
            for line in lines
        ]

    @cached_property
    def charges(self) -> dict[str, list[Line]]:
        found = defaultdict(list)
        for line in self.lines:
            if line.kind == "charge":
                found[line.reference].append(line)
        return found

    @cached_property
    def statements(self) -> list[Statement]:
        made = []
        for path in sorted(self.inbox.glob("bank/*")):
            read = {".xml": read_camt, ".sta": read_mt940, ".bai": read_bai2}[path.suffix]
            made += read(path.relative_to(self.inbox).as_posix(), path.read_bytes().decode())
        return sorted(made, key=lambda statement: (statement.account, statement.month))

    @cached_property
    def errors(self) -> list[dict[str, Any]]:
        return self.sql(f"from '{self.truth}/errors.parquet'")

    def planted(self, error_type: str, leg: str = "") -> dict[str, dict[str, Any]]:
        """The truth of one kind by reference, in one leg where it shows in several."""
        rows = [
            row
            for row in self.errors
            if row["error_type"] == error_type and leg in ("", row["leg"])
        ]
        found = {row["reference"]: row for row in rows}
        assert len(found) == len(rows)
        return found

    def sql(self, query: str) -> list[dict[str, Any]]:
        """Rows of a query, in which {payments} and {ledger} are the company's exports."""
        views = {n: f"'{self.inbox}/company/{n}-*.parquet'" for n in ("payments", "ledger")}
        with duckdb.connect() as con:
            con.execute("set timezone = 'UTC'")
            return con.execute(query.format(**views)).to_arrow_table().to_pylist()

    @cached_property
    def payments(self) -> list[dict[str, Any]]:
        return self.sql(
            "select * exclude (captured_at, created_at),"
            " epoch(captured_at)::bigint as captured_at, epoch(created_at)::bigint as created_at"
            " from {payments}"
        )

    @cached_property
    def captured(self) -> dict[str, dict[str, Any]]:
        """What the company knows as captured, by the processor's reference."""
        return {
            row["processor_reference"]: row for row in self.payments if row["status"] == "captured"
        }

    @cached_property
    def disputes(self) -> list[dict[str, Any]]:
        paths = sorted(self.inbox.glob("company/disputes-*.jsonl"))
        return [json.loads(line) for path in paths for line in path.read_text().splitlines()]

    @cached_property
    def _rates(self) -> dict[str, list[tuple[str, Fraction]]]:
        """Units for one euro as the central bank and treasury say, oldest first."""
        found = defaultdict(list)
        for row in self.csv_rows("ecb/*.csv"):
            for currency, text in row.items():
                if re.fullmatch("[A-Z]{3}", currency):
                    found[currency].append((row["Date"], Fraction(text)))
        for row in self.csv_rows("company/fx_rates.csv"):
            assert row["base_currency"] == "EUR"
            found[row["currency"]].append((row["rate_date"], Fraction(row["rate"])))
        return {currency: sorted(rates) for currency, rates in found.items()}

    def reference_rate(self, currency: str, other: str, day: date) -> Fraction:
        """Units of the other currency for one of the currency, as of a day."""
        known: dict[tuple[str, str], Fraction] = self.__dict__.setdefault("_known", {})

        def per_euro(name: str) -> Fraction:
            if name == "EUR":
                return Fraction(1)
            key = (name, str(day))
            if key not in known:
                known[key] = [rate for when, rate in self._rates[name] if when <= str(day)][-1]
            return known[key]

        return per_euro(other) / per_euro(currency)

    def reference_value(self, line: Line) -> Fraction:
        """What a line would be worth in its currency of settlement at the reference rate."""
        scale = Fraction(10) ** (DECIMALS.get(line.currency, 2) - DECIMALS.get(line.label, 2))
        return line.seen * scale * self.reference_rate(line.label, line.currency, line.at.date())

    def states(self) -> dict[str, tuple[str, int]]:
        """The bytes of each file, as a hash, and when it was delivered."""
        home = self.inbox.parent
        return {
            path.relative_to(home).as_posix(): (
                hashlib.sha256(path.read_bytes()).hexdigest(),
                path.stat().st_mtime_ns if self.inbox in path.parents else 0,
            )
            for root in (self.inbox, self.truth)
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }

    def hashes(self) -> dict[str, str]:
        return {name: sha256 for name, (sha256, _) in self.states().items()}


def half_away(value: Fraction) -> int:
    """A number rounded to a whole one, halves away from zero."""
    whole = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return whole if value >= 0 else -whole


def _stripe_line(row: dict[str, str]) -> Line:
    kind, currency = KINDS[row["reporting_category"]], row["currency"].upper()
    gross, fees, net = (minor(row[name], currency) for name in ("gross", "fee", "net"))
    label = row["customer_facing_currency"].upper() or currency
    seen = row["customer_facing_amount"]
    return Line(
        file=row["file"],
        processor="stripe",
        kind=kind,
        reference=row["source_id"],
        charge=row["charge_id"],
        payment_id=row["payment_metadata[order_id]"],
        line_id=row["balance_transaction_id"],
        payout=row["automatic_payout_id"],
        label=label,
        seen=minor(seen, label) if seen else gross,
        currency=currency,
        gross=gross,
        fees=fees,
        net=net,
        at=datetime.fromisoformat(row["created_utc"]).replace(tzinfo=UTC),
        paid_on=date.fromisoformat(row["automatic_payout_effective_at_utc"][:10]),
        brand=row["card_brand"],
        funding=row["card_funding"],
        bank_reference=row["source_id"] if kind == "payout" else "",
    )


def _adyen_lines(rows: list[dict[str, str]]) -> Iterator[Line]:
    closed = {
        row["Batch Number"]: date.fromisoformat(row["Creation Date"][:10])
        for row in rows
        if row["Type"] == "MerchantPayout"
    }
    for row in rows:
        kind, currency = KINDS[row["Type"]], row["Net Currency"]
        label = row["Gross Currency"] or currency
        net = _signed(row, "Net {} (NC)", currency)
        names = {"interchange": "Interchange", "scheme_fee": "Scheme Fees", "markup": "Markup"}
        components = {
            component: minor(row[f"{name} (NC)"], currency) if row[f"{name} (NC)"] else 0
            for component, name in names.items()
        }
        assert not row["Commission (NC)"]
        seen = _signed(row, "Gross {} (GC)", label) if row["Gross Currency"] else net
        # The report has no gross in the currency of settlement: it is what is left of it plus fees.
        fees = sum(components.values())
        modification = row["Modification Reference"]
        hours = {"CET": 1, "CEST": 2}[row["TimeZone"]]
        at = datetime.fromisoformat(row["Creation Date"]).replace(tzinfo=UTC)
        yield Line(
            file=row["file"],
            processor="adyen",
            kind=kind,
            reference=row["Psp Reference"] if kind == "charge" else modification,
            charge=row["Psp Reference"],
            payment_id=row["Merchant Reference"],
            line_id=modification if kind == "charge" else "",
            payout=row["Batch Number"],
            label=label,
            seen=seen,
            currency=currency,
            gross=net + fees,
            fees=fees,
            net=net,
            at=at - timedelta(hours=hours),
            paid_on=closed.get(row["Batch Number"]),
            brand=_BRANDS.get(row["Payment Method"], row["Payment Method"]),
            funding=row["Payment Method Variant"].removeprefix(row["Payment Method"]),
            rate=row["Exchange Rate"],
            components=components,
            bank_reference=modification.split()[0] if kind == "payout" else "",
        )


def _signed(row: dict[str, str], name: str, currency: str) -> int:
    debit, credit = row[name.format("Debit")], row[name.format("Credit")]
    assert bool(debit) != bool(credit)
    return minor(credit, currency) if credit else -minor(debit, currency)


def read_camt(file: str, text: str) -> Iterator[Statement]:
    def amount(element: ElementTree.Element) -> int:
        stated = element.find("{*}Amt")
        value = minor(stated.text, stated.get("Ccy"))
        return value if element.findtext("{*}CdtDbtInd") == "CRDT" else -value

    for statement in ElementTree.fromstring(text).findall("{*}BkToCstmrStmt/{*}Stmt"):
        opening, closing = map(amount, statement.findall("{*}Bal"))
        closed_on = date.fromisoformat(statement.findall("{*}Bal/{*}Dt/{*}Dt")[-1].text)
        entries = [
            Entry(
                date.fromisoformat(entry.findtext("{*}BookgDt/{*}Dt")),
                amount(entry),
                entry.findtext("{*}NtryDtls/{*}TxDtls/{*}RmtInf/{*}Ustrd"),
                entry.findtext("{*}AcctSvcrRef"),
            )
            for entry in statement.findall("{*}Ntry")
        ]
        account = statement.findtext("{*}Acct/{*}Id/{*}Othr/{*}Id")
        currency = statement.findtext("{*}Acct/{*}Ccy")
        yield Statement(file, account, currency, opening, closing, closed_on, tuple(entries))


def read_mt940(file: str, text: str) -> Iterator[Statement]:
    for statement in text.split("-\r\n")[:-1]:
        account = re.search(r":25:(\S+)", statement)[1]
        balances = re.findall(r":6[02]F:([CD])(\d{6})([A-Z]{3})([0-9,]+)\r", statement)
        (_, (_, closed_on, currency, _)) = balances

        def amount(sign: str, digits: str, currency: str = currency) -> int:
            value = minor(digits.replace(",", ".").rstrip("."), currency)
            return value if sign == "C" else -value

        opening, closing = (amount(sign, digits) for sign, *_, digits in balances)
        lines = r":61:(\d{6})\d{4}([CD])([0-9,]+)NTRFNONREF//(\w+)\r\n:86:(.*)\r"
        entries = [
            Entry(short_date(day), amount(sign, digits), text, reference)
            for day, sign, digits, reference, text in re.findall(lines, statement)
        ]
        assert len(entries) == statement.count(":61:")
        yield Statement(
            file, account, currency, opening, closing, short_date(closed_on), tuple(entries)
        )


def read_bai2(file: str, text: str) -> Iterator[Statement]:
    """The days of each account put together to one statement; the control totals must be right."""
    days = list(_bai2_days(text))
    days.sort(key=lambda day: day.account)  # stable: the days stay in their order
    for account, group in groupby(days, key=lambda day: day.account):
        own = list(group)
        for before, after in pairwise(own):
            assert before.closing == before.opening + before.moved == after.opening
        entries = tuple(entry for day in own for entry in day.entries)
        first, last = own[0], own[-1]
        yield Statement(
            file, account, first.currency, first.opening, last.closing, last.closed_on, entries
        )


def _bai2_days(text: str) -> Iterator[Statement]:
    records: list[str] = []
    lines = text.split("\r\n")[:-1]
    for line in lines:
        assert len(line) <= 80
        assert line.endswith("/")
        # A line that could have been longer was broken at a space.
        content = line[:-1] + (" " if line[:2] in ("16", "88") and len(line) < 80 else "")
        if content.startswith("88,"):
            # The fields of an account go on after a comma, a text where it was broken.
            records[-1] += content[2:].strip() if records[-1].startswith("03") else content[3:]
        else:
            records.append(content)
    day, opened, entries, amounts = date.min, [""], [], 0
    totals = Counter[str]()
    for record in records:
        parts = record.strip().split(",")
        match parts[0]:
            case "02":
                day = short_date(parts[4])
            case "03":
                opened, entries = parts, []
                # Groups of type, amount, count and funds type.
                fields = dict(zip(parts[3::4], parts[4::4], strict=False))
                amounts = sum(int(amount) for amount in fields.values() if amount)
            case "16":
                _, code, amount, _, reference, _, words = record.split(",", 6)
                sign = {"165": 1, "455": -1}[code]
                entries.append(Entry(day, sign * int(amount), words.strip(), reference))
                amounts += int(amount)
            case "49":
                assert int(parts[1]) == amounts
                totals["98"] += amounts
                fields = dict(zip(opened[3::4], opened[4::4], strict=False))
                opening, closing = int(fields["010"]), int(fields["015"])
                made = Statement("", opened[1], opened[2], opening, closing, day, tuple(entries))
                credited = sum(entry.amount for entry in entries if entry.amount > 0)
                assert int(fields["100"]) == credited
                assert int(fields["400"]) == credited - made.moved
                yield made
            case "98":
                assert int(parts[1]) == totals.pop("98")
                totals["99"] += int(parts[1])
            case "99":
                assert int(parts[1]) == totals["99"]
                assert int(parts[3]) == len(lines)


def short_date(text: str) -> date:
    """``171031`` is the last day of October 2017."""
    return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:]))


def business_day_after(day: date) -> date:
    """The day on which banks book what was paid out on a day."""
    day += timedelta(days=1)
    while day.weekday() > 4 or (day.month, day.day) in {(1, 1), (5, 1), (12, 25), (12, 26)}:
        day += timedelta(days=1)
    return day
