import numpy as np
import pytest

from tieout.simulator import DEMO_MONTHS, Month, parse_months
from tieout.simulator.phases import PHASES, phase_of
from tieout.simulator.schedule import DAY, moments, seconds


def test_ranges_and_single_months_in_order_and_once() -> None:
    months = parse_months("2024-06, 2011-11..2012-01,2011-12")
    assert [str(month) for month in months] == ["2011-11", "2011-12", "2012-01", "2024-06"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is not a month"),
        ("2011-10,", "'' is not a month"),
        ("October 2011", "'October 2011' is not a month; write months as 2011-10"),
        ("2011-13", "2011-13 is not a month between 2009-01 and 2099-12"),
        ("2008-12", "2008-12 is not a month between"),
        ("2012-01..2011-12", "the range '2012-01..2011-12' ends before it begins"),
        ("2011-10..", "'' is not a month"),
    ],
)
def test_what_is_no_month_says_why(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        parse_months(text)


def test_the_demo_has_a_month_of_each_phase() -> None:
    assert [phase_of(month).number for month in DEMO_MONTHS] == [1, 2, 3, 4, 5, 6]


def test_phases_are_the_table_of_the_cost_evolution() -> None:
    assert [phase.cost_per_million for phase in PHASES] == [
        10_000,
        5_000,
        10_000,
        10_000,
        5_000,
        2_000,
    ]
    rates = ["0.94", "0.97", "0.991", "0.9995", "0.9999", "0.99999"]
    assert [str(float(phase.success_rate)) for phase in PHASES] == rates
    last = PHASES[-1]
    assert round(last.monthly_cost / 100 / 10**6) == 167
    assert round(last.monthly_volume / 100 / 10**8) == 833


def test_neighbouring_months() -> None:
    assert Month(2011, 12).next == Month(2012, 1)
    assert Month(2012, 1).previous == Month(2011, 12)
    assert Month(2009, 1).previous is None
    assert str(Month(2012, 2).last_day) == "2012-02-29"


@pytest.mark.parametrize("count", [1, 2, 20, 1000, 100_000])
def test_every_moment_lies_in_its_month_however_few_there_are(count: int) -> None:
    month = Month(2020, 10)
    for jitter in (0, 2**32 - 1):
        drawn = moments(month, count, np.full(count, jitter, np.int64), {})
        assert seconds(month.first_day) <= drawn.min()
        assert drawn.max() < seconds(month.last_day) + DAY
        assert (np.diff(drawn) >= 0).all()
