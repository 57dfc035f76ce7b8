"""The company's bank accounts: one a processor and currency, and what is booked on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil
from pathlib import PurePosixPath
from xml.sax.saxutils import escape

import numpy as np

from tieout.money import exponent
from tieout.simulator.accounts import bank_account
from tieout.simulator.bai2 import bai2
from tieout.simulator.draws import CAPITALS, Draws, token
from tieout.simulator.errors import Fate
from tieout.simulator.months import Month
from tieout.simulator.payouts import Payout
from tieout.simulator.phases import ADYEN, CURRENCIES, PROCESSORS, phase_of
from tieout.simulator.reports import File
from tieout.simulator.schedule import DAY, business_day, seconds
from tieout.simulator.settlement import MERCHANT_ACCOUNTS

DOLLAR = CURRENCIES.index("USD")
_OPENING_MINOR = 2_500_000
_HOLDER = "Tieout Demo Company"
_SENDERS = ("STRIPE PAYMENTS", "ADYEN N.V.")
# What else is booked in a month: day, counterparty, text, and a share of the month's volume in
# hundredths of a percent.
_OTHERS = (
    (1, "Harbour Offices", "Rent", 2),
    (15, "Northern Cloud", "Hosting invoice", 3),
    (25, "Payroll account", "Salaries", 12),
)


@dataclass(frozen=True)
class Entry:
    """One booked entry; credits to the company are positive."""

    day: date
    amount: int
    counterparty: str
    text: str
    reference: str
    is_payout: bool = False


@dataclass(frozen=True)
class Statement:
    """One month of one account; `off` is by how much the stated closing balance is wrong."""

    month: Month
    processor: int
    currency: int
    opening: int
    entries: tuple[Entry, ...]
    is_first: bool = False  # of its account: it opens with what the owners have paid in
    off: int = 0

    @property
    def closing(self) -> int:
        """The balance at the end: opening and entries."""
        return self.opening + sum(entry.amount for entry in self.entries)

    @property
    def stated(self) -> int:
        """What the statement says the balance at the end is."""
        return self.closing + self.off

    @property
    def account(self) -> str:
        """The number of the account."""
        return bank_account(self.processor, self.currency)

    @property
    def closing_day(self) -> date:
        """The day of the closing balance; the bank that reports daily last does so on an entry."""
        if self.file.startswith("bank/bai2") and self.entries:
            return max(entry.day for entry in self.entries)
        return self.month.last_day

    @property
    def number(self) -> int:
        """Statements are numbered within their year."""
        return self.month.month

    @property
    def file(self) -> str:
        """The file that the statement is in."""
        return file_name(self.month, self.processor, self.currency)


def file_name(month: Month, processor: int, currency: int) -> str:
    """The file in which an account's entries of a month are: each bank has a format of its own."""
    if processor == ADYEN:
        return f"bank/mt940-{month}.sta"
    return f"bank/bai2-{month}.bai" if currency == DOLLAR else f"bank/camt053-{month}.xml"


def statements(
    draws: Draws,
    months: Sequence[Month],
    payouts: Sequence[Payout],
    volumes: dict[Month, int],
    wrong_balances: Fraction,
) -> Iterator[Statement]:
    """The statements of all accounts, month after month; each opens as the last one closed.

    A payout that is booked after the last of the months is still under way and in none of them.
    """
    balance: dict[tuple[int, int], int] = {}
    for month in months:
        phase = phase_of(month)
        made = []
        for processor in phase.processors:
            for currency in phase.settlement_currencies:
                own = [p for p in payouts if (p.processor, p.currency) == (processor, currency)]
                entries = [e for e in _payout_entries(own) if Month.of(e.day) == month]
                if currency == DOLLAR:
                    entries += _other_entries(draws, month, processor, volumes.get(month, 0))
                is_first = (processor, currency) not in balance
                opening = _OPENING_MINOR if is_first else balance[processor, currency]
                ordered = tuple(sorted(entries, key=lambda entry: (entry.day, entry.reference)))
                statement = Statement(month, processor, currency, opening, ordered, is_first)
                balance[processor, currency] = statement.closing
                made.append(statement)
        yield from _misstated(draws, made, wrong_balances)


def _misstated(draws: Draws, made: list[Statement], share: Fraction) -> list[Statement]:
    """The statements of a month, a share of them with a closing balance that is not theirs."""
    keys = [(s.month.ordinal * len(PROCESSORS) + s.processor) * 100 + s.currency for s in made]
    index = np.array(keys, np.uint64)
    chosen = set(draws.order("statement.error", index)[: ceil(share * len(made))].tolist())
    off = draws.between("statement.off", index, 1, 99_999).tolist()
    return [
        replace(statement, off=off[place]) if place in chosen else statement
        for place, statement in enumerate(made)
    ]


def _payout_entries(own: Sequence[Payout]) -> Iterator[Entry]:
    """What the bank books of the payouts of one account."""
    sums = Counter[int]()
    for payout in own:
        sums[payout.booked_with] += payout.booked
    for payout in own:
        if payout.booked_with != payout.key or payout.fate == Fate.BANK_ENTRY_MISSING:
            continue
        batch = f"{MERCHANT_ACCOUNTS[payout.currency]} batch {payout.batch}"
        text = f"{payout.reference} {batch}" if payout.processor else f"STRIPE {payout.reference}"
        if payout.fate == Fate.PAYOUTS_NETTED:
            text = "STRIPE COLLECTIVE CREDIT"
        entry = Entry(
            day=payout.bank_day,
            amount=sums[payout.key],
            counterparty=_SENDERS[payout.processor],
            text=text,
            reference=payout.bank_reference,
            is_payout=True,
        )
        yield entry
        if payout.fate == Fate.BANK_ENTRY_DUPLICATED:
            yield entry
        if payout.fate == Fate.BANK_ENTRY_UNKNOWN:
            yield replace(
                entry,
                amount=unknown_amount(payout),
                text=text.replace(payout.reference, payout.unknown_reference),
                reference=payout.unknown_bank_reference,
            )


def unknown_amount(payout: Payout) -> int:
    """What the bank books beside a payout, of which nobody knows what it is."""
    return payout.booked // 7 + 1


def _other_entries(draws: Draws, month: Month, processor: int, volume: int) -> list[Entry]:
    """What a company pays beside: nothing that a processor has to do with."""
    entries = []
    for number, (day, counterparty, text, share) in enumerate(_OTHERS):
        index = np.array([(month.ordinal * 10 + number) * 2 + processor], np.uint64)
        percent = int(draws.between("bank.other", index, 80, 120)[0])
        booked = business_day(month.first_day.replace(day=day))
        if Month.of(booked) == month and volume:
            amount = -(volume * share * percent // 1_000_000)
            reference = token("", int(draws.bits("bank.reference", index)[0]), CAPITALS)
            entries.append(Entry(booked, amount, counterparty, f"{text} {month}", reference))
    return entries


def files(made: Sequence[Statement]) -> Iterator[File]:
    """The statement files, each on the morning after its month."""
    writers = {".xml": _camt, ".sta": _mt940, ".bai": bai2}
    for name in dict.fromkeys(statement.file for statement in made):
        own = [statement for statement in made if statement.file == name]
        text = writers[PurePosixPath(name).suffix](own)
        count = sum(len(statement.entries) for statement in own)
        delivered_at = seconds(own[0].month.last_day) + DAY + 7 * 3600
        yield File(name, text.encode(), count, delivered_at)


def _major(minor: int, currency: str) -> str:
    return str(abs(Decimal(minor).scaleb(-exponent(currency))))


def _sign(minor: int) -> str:
    return "CRDT" if minor >= 0 else "DBIT"


def _camt(own: Sequence[Statement]) -> str:
    month = own[0].month
    created = f"{month.last_day}T23:30:00+00:00"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">\n'
        "<BkToCstmrStmt>\n"
        f"<GrpHdr><MsgId>TDEM-{month}</MsgId><CreDtTm>{created}</CreDtTm></GrpHdr>\n"
        + "".join(_camt_statement(statement, created) for statement in own)
        + "</BkToCstmrStmt>\n</Document>\n"
    )


def _camt_statement(statement: Statement, created: str) -> str:
    currency, month = CURRENCIES[statement.currency], statement.month

    def balance(code: str, minor: int, day: date) -> str:
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
            f'<Amt Ccy="{currency}">{_major(minor, currency)}</Amt>'
            f"<CdtDbtInd>{_sign(minor)}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>\n"
        )

    return (
        f"<Stmt>\n<Id>{statement.account}-{month}</Id>\n"
        f"<ElctrncSeqNb>{statement.number}</ElctrncSeqNb>\n<CreDtTm>{created}</CreDtTm>\n"
        f"<FrToDt><FrDtTm>{month.first_day}T00:00:00+00:00</FrDtTm>"
        f"<ToDtTm>{month.last_day}T23:59:59+00:00</ToDtTm></FrToDt>\n"
        f"<Acct><Id><Othr><Id>{statement.account}</Id></Othr></Id><Ccy>{currency}</Ccy>"
        f"<Ownr><Nm>{_HOLDER}</Nm></Ownr></Acct>\n"
        + balance("OPBD", statement.opening, month.first_day)
        + balance("CLBD", statement.stated, month.last_day)
        + "".join(_camt_entry(entry, currency) for entry in statement.entries)
        + "</Stmt>\n"
    )


def _camt_entry(entry: Entry, currency: str) -> str:
    sign = _sign(entry.amount)
    party, family = ("Dbtr", "RCDT") if sign == "CRDT" else ("Cdtr", "ICDT")
    name = escape(entry.counterparty)
    return (
        f'<Ntry><Amt Ccy="{currency}">{_major(entry.amount, currency)}</Amt>'
        f"<CdtDbtInd>{sign}</CdtDbtInd><Sts>BOOK</Sts>"
        f"<BookgDt><Dt>{entry.day}</Dt></BookgDt><ValDt><Dt>{entry.day}</Dt></ValDt>"
        f"<AcctSvcrRef>{entry.reference}</AcctSvcrRef>"
        f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly>"
        "</Domn></BkTxCd><NtryDtls><TxDtls>"
        "<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>"
        f"<RltdPties><{party}><Nm>{name}</Nm></{party}></RltdPties>"
        f"<RmtInf><Ustrd>{escape(entry.text)}</Ustrd></RmtInf>"
        "</TxDtls></NtryDtls></Ntry>\n"
    )


def _mt940(own: Sequence[Statement]) -> str:
    return "".join(_mt940_statement(statement) for statement in own)


def _mt940_statement(statement: Statement) -> str:
    currency, month = CURRENCIES[statement.currency], statement.month

    def balance(tag: str, minor: int, day: date) -> str:
        return f":{tag}:{_sign(minor)[0]}{day:%y%m%d}{currency}{_comma(minor, currency)}\r\n"

    return (
        f":20:TDEM{month.year}{month.month:02d}{currency}\r\n"
        f":25:{statement.account}\r\n"
        f":28C:{statement.number:05d}/001\r\n"
        + balance("60F", statement.opening, month.first_day)
        + "".join(
            f":61:{entry.day:%y%m%d%m%d}{_sign(entry.amount)[0]}{_comma(entry.amount, currency)}"
            f"NTRFNONREF//{entry.reference}\r\n"
            f":86:{entry.text} {entry.counterparty}\r\n"
            for entry in statement.entries
        )
        + balance("62F", statement.stated, month.last_day)
        + "-\r\n"
    )


def _comma(minor: int, currency: str) -> str:
    """An amount as SWIFT writes it: always with a comma, even where nothing comes after it."""
    whole, _, places = _major(minor, currency).partition(".")
    return f"{whole},{places}"
