"""Money, rates and exports as people read them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from types import SimpleNamespace

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from dashboards.components import charts, export, money
from dashboards.context import Scope


@pytest.mark.parametrize(
    ("minor", "currency", "compact", "text"),
    [
        (123456789, "USD", False, "$1,234,567.89"),
        (-5, "USD", False, "−$0.05"),
        (335, "JPY", False, "¥335"),
        (9007199254740993, "USD", False, "$90,071,992,547,409.93"),
        (999_999, "USD", True, "$9,999.99"),
        (1_000_000, "USD", True, "$10.0K"),
        (5_770_260, "USD", True, "$57.7K"),
        (25_523_456_700, "USD", True, "$255M"),
        (99_960_000, "USD", True, "$1.00M"),
        (99_949_999, "USD", True, "$999K"),
        (999_600_000, "USD", True, "$10.0M"),
        (-1_250_000, "JPY", True, "−¥1.25M"),
        (None, "USD", True, "–"),
    ],
)
def test_money(minor: int | None, currency: str, compact: bool, text: str) -> None:
    assert money.money(minor, currency, compact) == text


def test_money_in_the_locale_of_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(money, "reader_locale", lambda: Locale("de", "DE"))
    assert money.money(123456789, "EUR").replace("\xa0", " ") == "1.234.567,89 €"
    assert money.money(5_770_260, "EUR", compact=True).replace("\xa0", " ") == "57,7K €"
    assert money.percent(99977, 100000) == "99,977%"
    assert money.count(1234567) == "1.234.567"
    assert money.each(Decimal("62.684"), "EUR") == "0,6268 EUR each"
    assert money.each(Decimal("-1234567"), "JPY") == "−1.234.567,00 JPY each"


def test_a_rate_is_never_rounded_up_to_all() -> None:
    assert money.percent(999_999, 1_000_000) == "99.999%"
    assert money.percent(9_999_999, 10_000_000) == "99.999%"
    assert money.percent(0, 0) == "–"


def test_changes_are_written_as_the_metric_reads_them() -> None:
    assert money.ratio_change((9990, 10000), (9995, 10000)) == "-5.0 bps"
    assert money.ratio_change((1, 1), (0, 0)) is None
    assert money.amount_change(90, 100) == "-10.0%"
    assert money.amount_change(90, 0) is None
    assert money.money_change(-100, "USD") == "-$1.00"


def test_cells_that_a_spreadsheet_would_run_are_escaped() -> None:
    risky = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "fine", 5, None]
    _, row = csv.reader(io.StringIO(export.as_csv(["a"] * 9, [risky]), newline=""))
    assert row == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "fine", "5", ""]


def test_a_month_ends_where_the_next_begins() -> None:
    scope = Scope.of_month(date(2026, 12, 1), None)
    assert (scope.first, scope.after) == (date(2026, 12, 1), date(2027, 1, 1))


def reader(monkeypatch: pytest.MonkeyPatch, locale: str, timezone: str = "UTC") -> None:
    context = SimpleNamespace(locale=locale, timezone=timezone)
    monkeypatch.setattr(money.st, "context", context)


def plain(text: str | None) -> str:
    return (text or "").replace("\xa0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("locale", "dollars", "rupees", "yen", "number", "rate", "change"),
    [
        ("en-US", "−$1,234,567.89", "₹123,456.70", "¥335", "1,234,567", "99.977%", "-5.0 bps"),
        ("de-DE", "−1.234.567,89 $", "123.456,70 ₹", "335 ¥", "1.234.567", "99,977%", "-5,0 bps"),
        ("ja-JP", "−$1,234,567.89", "₹123,456.70", "￥335", "1,234,567", "99.977%", "-5.0 bps"),
        ("en-IN", "−$12,34,567.89", "₹1,23,456.70", "JP¥335", "12,34,567", "99.977%", "-5.0 bps"),
        ("xx-YY", "−$1,234,567.89", "₹123,456.70", "¥335", "1,234,567", "99.977%", "-5.0 bps"),
    ],
)
def test_numbers_follow_the_reader(
    locale: str,
    dollars: str,
    rupees: str,
    yen: str,
    number: str,
    rate: str,
    change: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader(monkeypatch, locale)
    assert plain(money.money(-123456789, "USD")) == dollars
    assert plain(money.money(12345670, "INR")) == rupees
    assert plain(money.money(335, "JPY")) == yen
    assert money.count(1234567) == number
    assert money.percent(99977, 100000) == rate
    assert money.ratio_change((9990, 10000), (9995, 10000)) == change


@pytest.mark.parametrize(
    ("locale", "timezone", "text"),
    [
        ("en-US", "America/New_York", "Nov 22, 2026 6:30 PM EST"),
        ("de-DE", "Europe/Berlin", "23.11.2026 00:30 MEZ"),
        ("ja-JP", "Asia/Tokyo", "2026/11/23 8:30 JST"),
        ("en-IN", "Asia/Kolkata", "23 Nov 2026 5:00 am +0530"),
        ("en-US", "Mars/Olympus", "Nov 22, 2026 11:30 PM UTC"),
    ],
)
def test_moments_follow_the_readers_time_zone(
    locale: str, timezone: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader(monkeypatch, locale, timezone)
    assert plain(money.moment(datetime(2026, 11, 22, 23, 30, tzinfo=UTC))) == text


def test_exports_are_exact_and_the_same_for_every_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(Decimal("90071992547409.93"), date(2026, 11, 22), -5, "=cmd()")]
    reader(monkeypatch, "de-DE", "Europe/Berlin")
    told = export.as_csv(["amount", "day", "n", "text"], rows).splitlines()[1]
    assert told == "90071992547409.93,2026-11-22,-5,'=cmd()"


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=5),
    st.sampled_from([{"domain": [0.0, 115.0]}, {"type": "log", "domain": [0.5, 150.0]}]),
)
def test_labels_at_the_ends_of_lines_never_touch(
    values: list[float], scale: dict[str, object]
) -> None:
    ends = {str(place): max(value, 0.5) for place, value in enumerate(values)}
    low, high = charts.LABEL_ROOM, 180
    alone = {name: charts.apart({name: end}, scale, high)[name] for name, end in ends.items()}
    assert set(alone.values()) == {0}
    moved = charts.apart(ends, scale, high)
    assert list(moved) == list(ends)
    tops = sorted(charts.pixel(end, scale, high) + moved[name] for name, end in ends.items())
    assert all(below - above > low - 0.5 for above, below in pairwise(tops))
