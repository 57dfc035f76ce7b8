"""The accounts of the company's ledger, and what the platform must know of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tieout.simulator.draws import Ints
from tieout.simulator.phases import PROCESSORS, SETTLEMENT_CURRENCIES


@dataclass(frozen=True)
class Account:
    """One account; `role` is a word of the contract, by which the platform knows what it is."""

    name: str
    account_type: str
    role: str
    processor: str = ""
    currency: str = ""
    bank_account: str = ""
    product: str = ""


def bank_account(processor: int, currency: int) -> str:
    """The account that a processor pays to in a currency; a number that no bank has issued."""
    country = ("US", "DE", "GB", "JP")[currency]
    return f"{country}00TDEM{1000 + 10 * processor + currency}"


def _of_processors(name: str, account_type: str, role: str) -> tuple[Account, ...]:
    return tuple(Account(f"{name}:{p}", account_type, role, p) for p in PROCESSORS)


ACCOUNTS = (
    *_of_processors("clearing", "asset", "processor_clearing"),
    *_of_processors("payout_in_transit", "asset", "payout_in_transit"),
    *_of_processors("reserve", "asset", "processor_reserve"),
    *_of_processors("processing_cost", "expense", "processing_cost"),
    *(
        Account(
            f"cash:{processor}:{currency}",
            "asset",
            "cash",
            processor,
            currency,
            bank_account(number, place),
        )
        for number, processor in enumerate(PROCESSORS)
        for place, currency in enumerate(SETTLEMENT_CURRENCIES)
    ),
    Account("paid_in_capital", "equity", "other"),
    Account("merchant_payable", "liability", "merchant_payable"),
    Account("tax_payable", "liability", "tax_payable"),
    Account("merchant_advances", "asset", "merchant_advance"),
    Account("deferred_revenue:advances", "liability", "deferred_revenue"),
    Account("revenue:payments", "income", "fee_revenue", product="payments"),
    Account("revenue:billing", "income", "fee_revenue", product="billing"),
    Account("revenue:advances", "income", "fee_revenue", product="advances"),
    Account("currency_exchange", "asset", "currency_exchange"),
    Account("exchange_difference", "expense", "exchange_difference"),
    Account("operating_cost", "expense", "other"),
)

_CODES = {account.name: code for code, account in enumerate(ACCOUNTS)}


def code(name: str) -> int:
    """The position of an account in `ACCOUNTS`."""
    return _CODES[name]


def of_processor(name: str, processor: Ints) -> Ints:
    """The positions of the processors' own accounts of one name."""
    codes: Ints = np.array([code(f"{name}:{p}") for p in PROCESSORS], np.int64)[processor]
    return codes


def cash(processor: Ints, currency: Ints) -> Ints:
    """The positions of the cash accounts of processors and currencies."""
    place: Ints = code(f"cash:{PROCESSORS[0]}:{SETTLEMENT_CURRENCIES[0]}") + processor * len(
        SETTLEMENT_CURRENCIES
    )
    return place + currency
