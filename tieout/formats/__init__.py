"""The formats that are read, and how a file is recognised as one of them.

A file is recognised by its content alone. What is not read is refused with what it looks like, so
that whoever sent it knows what to send instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tieout.formats.adyen import AdyenSettlementDetails
from tieout.formats.adyen_accounting import AdyenPaymentsAccounting
from tieout.formats.amazon import AmazonSettlement
from tieout.formats.archives import GzipFile, ZipArchive
from tieout.formats.bai2 import Bai2
from tieout.formats.base import Head, Reader, UnreadableFile
from tieout.formats.braintree import BraintreeFees
from tieout.formats.camt import Camt052, Camt053, Camt054
from tieout.formats.checkout import CheckoutBreakdown
from tieout.formats.checkout_payouts import CheckoutPayouts
from tieout.formats.containers import Container, archive_kind
from tieout.formats.dlocal import DLocalSettlement
from tieout.formats.dlocal_report import DLocalReport
from tieout.formats.ecb import EcbReferenceRates
from tieout.formats.mollie import MollieBalance
from tieout.formats.mt940 import Mt940, Mt942
from tieout.formats.nacha import NachaReturns
from tieout.formats.ofx import Ofx
from tieout.formats.own import OWN_READERS
from tieout.formats.paypal_activity import PayPalActivity
from tieout.formats.paypal_stl import PayPalSettlementReport
from tieout.formats.square import SquarePayouts
from tieout.formats.stripe import StripePayoutReconciliation
from tieout.formats.stripe_extracts import StripeExtract
from tieout.formats.stripe_history import StripeBalanceHistory
from tieout.formats.stripe_objects import StripeObjects
from tieout.formats.stripe_summary import StripeBalanceSummary
from tieout.formats.trustly import Trustly
from tieout.formats.workbooks import Workbook

CONTAINERS: tuple[Container, ...] = (ZipArchive(), GzipFile(), Workbook())

READERS: tuple[Reader, ...] = (
    StripePayoutReconciliation(),
    StripeObjects(),
    StripeExtract(),
    StripeBalanceHistory(),
    StripeBalanceSummary(),
    AdyenSettlementDetails(),
    AdyenPaymentsAccounting(),
    PayPalSettlementReport(),
    PayPalActivity(),
    AmazonSettlement(),
    Trustly(),
    BraintreeFees(),
    CheckoutBreakdown(),
    CheckoutPayouts(),
    DLocalSettlement(),
    DLocalReport(),
    SquarePayouts(),
    MollieBalance(),
    EcbReferenceRates(),
    Camt052(),
    Camt053(),
    Camt054(),
    Mt940(),
    Mt942(),
    Bai2(),
    Ofx(),
    NachaReturns(),
    *OWN_READERS,
    *CONTAINERS,
)

_FIRST_LINE_MAX = 120
_SIGNATURES = (
    (b"PK\x03\x04", "a document that is no spreadsheet (xlsx): save it as xlsx or CSV"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet or document (xls, doc): save it as CSV"),
    (b"%PDF", "a PDF: ask for the same statement as data"),
    (b"PAR1", "a Parquet file, but not of a table that is read"),
    (b"-----BEGIN PGP", "an encrypted file: it must be decrypted before it is sent"),
)
_AMAZON = "{}: ask for the settlement report as flat file V2 (tab-delimited)"
_LOOKS = (
    (r"settlement-id\tsettlement-start-date\t", _AMAZON.format("Amazon's first flat file")),
    (r"<\?xml[^>]*>\s*<AmazonEnvelope", _AMAZON.format("an XML report of Amazon")),
    (
        r"(?=[^\n]*Action Type)(?=[^\n]*Breakdown Type)[^\n]*Holding Currency Amount",
        "Checkout.com's financial actions: ask for the settlement breakdown, which tells the same",
    ),
    (
        r"[^\n]*Amazon Marketplace[^\n]*\n(?:[^\n]*\n){1,12}[^\n]*settlement id",
        _AMAZON.format("Amazon's date range report"),
    ),
    (r"[\[{]\s*[\"\[{}\]]", "JSON, but not the records of a format that is read"),
    (
        r"[0-9]{2},[^\n]*/\s*(?:$|\n(?:02|03|16|49|88|98|99),)",
        "a BAI2 statement, but its first record is not a file header (01, sender, receiver, day)",
    ),
    (r"<!DOCTYPE html|<html", "web page, perhaps a login page saved in place of the report"),
)
_ISO20022 = re.compile(r"urn:iso:std:iso:20022:tech:xsd:([a-z]{4}\.\d{3})")
# Digits that could be or hold a card number, also when written in groups.
_LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){12,}")


def recognise(head: Head, mapped: Sequence[Reader] = ()) -> Reader:
    """The one reader whose format the file has; `UnreadableFile` says what it is otherwise.

    `mapped` are the formats that a workspace describes itself.
    """
    readers = (*READERS, *mapped)
    matching = [reader for reader in readers if reader.recognises(head)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        names = " and as ".join(reader.title for reader in matching)
        raise UnreadableFile(
            f"recognised both as {names}, so it is not safe to read: say in tieout.toml which it is"
        )
    looks_like = _looks_like(head)
    if looks_like:
        raise UnreadableFile(f"not read: {looks_like}")
    message = f"not recognised as any of the {len(readers)} formats that are read; first line: "
    is_delimited = any(mark in head.first_line for mark in ",;\t|")
    hint = "; a mapping reads any delimited file, and `tieout source guess` drafts one"
    raise UnreadableFile(f"{message}«{_shown(head)}»{hint if is_delimited else ''}")


def by_format(name: str, mapped: Sequence[Reader] = ()) -> Reader:
    """The reader of a format by its name in configuration."""
    readers = (*READERS, *mapped)
    for reader in readers:
        if reader.format == name:
            return reader
    known = ", ".join(sorted(reader.format for reader in readers))
    raise ValueError(f"there is no format {name!r}; known are {known}")


def as_container(head: Head) -> Container | None:
    """The container that a file is; None for what holds no files."""
    return next((container for container in CONTAINERS if container.recognises(head)), None)


def _looks_like(head: Head) -> str | None:
    """What a file is that no reader reads, where that can be told."""
    if not head.data.strip():
        return "the file is empty"
    if (kind := archive_kind(head)) and kind != "zip":
        return f"a {kind} archive: send it as zip or gzip, or the file inside"
    for signature, what in _SIGNATURES:
        if head.data.startswith(signature):
            return what
    other = _ISO20022.search(head.text)
    if other:
        return f"ISO 20022 message {other[1]}, which is not a bank statement"
    text = head.text.lstrip()
    return next((what for look, what in _LOOKS if re.match(look, text, re.IGNORECASE)), None)


def _shown(head: Head) -> str:
    """The first line, printable, without anything that could be a card number."""
    line = _LONG_NUMBER.sub(lambda found: re.sub(r"\d", "*", found[0]), head.first_line)
    line = "".join(char if char.isprintable() else "·" for char in line)
    return line if len(line) <= _FIRST_LINE_MAX else f"{line[:_FIRST_LINE_MAX]}…"
