from __future__ import annotations

from pathlib import Path

import pytest

import tieout.formats as formats
from tests.formats.bank_parts import FIXTURES
from tieout.formats import READERS, by_format, recognise
from tieout.formats.base import Head, Reader, UnreadableFile

MT940 = FIXTURES / "mt940"
FOLDERS = {
    "camt": "camt_053",
    "camt052": "camt_052",
    "camt054": "camt_054",
    "mt940": "mt940",
    "mt942": "mt942",
    "bai2": "bai2",
    "ofx": "ofx",
    "nacha": "nacha_returns",
    "amazon": "amazon_settlement",
    "paypal_activity": "paypal_activity",
    "trustly": "trustly",
    "square": "square_payouts",
    "dlocal": "dlocal_settlement",
    "dlocal_report": "dlocal_report",
    "paypal_stl": "paypal_settlement_report",
    "stripe_objects": "stripe_objects",
    "braintree": "braintree_fees",
    "checkout": "checkout_breakdown",
    "checkout_payouts": "checkout_payouts",
    "mollie": "mollie_balance",
    "stripe_summary": "stripe_balance_summary",
    "stripe_history": "stripe_balance_history",
    "adyen_accounting": "adyen_payments_accounting",
    "stripe_extract": "stripe_extract",
}


def refused(content: str | bytes) -> str:
    data = content if isinstance(content, bytes) else content.encode()
    with pytest.raises(UnreadableFile) as refusal:
        recognise(Head("upload", data))
    return str(refusal.value)


def test_formats_have_names_of_their_own() -> None:
    assert len({reader.format for reader in READERS}) == len(READERS)
    assert all(reader.version >= 1 and reader.source and reader.title for reader in READERS)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.format)
def test_a_reader_is_found_by_its_format(reader: Reader) -> None:
    assert by_format(reader.format) is reader


def test_an_unknown_format_names_those_that_exist() -> None:
    with pytest.raises(ValueError, match=r"no format 'camt_053_v2'; known are .*camt_053.*mt940"):
        by_format("camt_053_v2")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (path, name)
        for folder, name in FOLDERS.items()
        for path in sorted((FIXTURES / folder).iterdir())
    ],
    ids=lambda value: value.name if isinstance(value, Path) else value,
)
def test_files_are_recognised_by_content(path: Path, name: str) -> None:
    assert recognise(Head.of(path, "upload.bin")).format == name


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("letter", ["ß", "€", "𝄞"])
def test_a_head_may_end_inside_a_letter(mark: str, letter: str) -> None:
    data = f"{mark}Straße;{letter}".encode()
    for cut in range(1, len(letter.encode())):
        assert Head("x", data[:-cut]).text == "Straße;"
    assert Head("x", "Straße;Müller".encode("cp1252")).text == "Straße;Müller"


def test_a_message_with_a_line_of_digits_is_no_json() -> None:
    text = (MT940 / "german_pages.sta").read_bytes()
    envelope = b"{1:F01BANKDEFFAXXX0000000000}{2:I940BANKDEFFXXXXN}{4:\n"
    head = Head("upload.bin", envelope + text + b"\n20260302004711\n")
    assert recognise(head).format == "mt940"


def test_what_matches_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = by_format("mt940")
    monkeypatch.setattr(formats, "READERS", (twice, twice))
    message = refused((MT940 / "german_pages.sta").read_bytes())
    assert message.startswith("recognised both as Bank statement, SWIFT MT940 and as Bank")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        ("\n \n", "the file is empty"),
        ('<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03">', "pain.001"),
        ('[{"id": 1}]', "JSON"),
        ('{\n  "data": []}', "JSON"),
        (b"PAR1\x15\x04", "Parquet"),
        ("00,0004,1/2/345,06/0321,0829,001,80,1,2/", "its first record is not a file header (01"),
        ("02,A,B,1,260302,2400,USD,2/\r\n03,111,,010,1,,/\n", "a BAI2 statement, but"),
        (b"BZh91AY", "a bzip2 archive: send it as zip or gzip"),
        (b"%PDF-1.7", "PDF"),
        ("<!DOCTYPE html><html>", "login page"),
        ("settlement-id\tsettlement-start-date\tdeposit-date\n", "as flat file V2"),
        ('<?xml version="1.0"?>\n<AmazonEnvelope>', "an XML report of Amazon"),
        ("Payment ID,Action Type,Breakdown Type,Holding Currency Amount\n", "settlement breakdown"),
        (
            '"Includes Amazon Marketplace"\n"All amounts in USD"\n"date/time","settlement id"\n',
            "Amazon's date range report",
        ),
    ],
)
def test_what_is_not_read_says_what_it_looks_like(content: str | bytes, message: str) -> None:
    assert message in refused(content)


def test_what_is_unknown_shows_its_first_line_without_long_numbers() -> None:
    message = refused("Konto;4111111111111111;4111 1111 1111 1111;123456789012;x\x07" + "y" * 200)
    first_line, _, hint = message.partition("first line: ")[2].partition("; a mapping ")
    assert hint.endswith("`tieout source guess` drafts one")
    assert first_line.startswith("«Konto;****************;**** **** **** ****;123456789012;x·y")
    assert first_line.endswith("y…»")
    assert len(first_line) == 120 + len("«…»")
