"""Success rates: every definition of one population, what explains them, and what failed."""

from __future__ import annotations

from datetime import date

from dashboards.context import Context
from dashboards.data import Row

# Each definition: its numerator and denominator.
DEFINITIONS = {
    "payment_success_rate": ("authorised_attempts", "valid_attempts"),
    "authorisation_rate": ("authorised_attempts", "submitted_attempts"),
    "raw_success_rate": ("authorised_attempts", "attempts"),
    "first_attempt_rate": ("payments_authorised_first", "payments"),
    "deduplicated_success_rate": ("payments_authorised", "payments"),
    "conversion": ("payments_authorised", "payments_created"),
    "capture_rate": ("captured_attempts", "authorised_attempts"),
}
CUTS = ("processor", "method", "card_brand", "funding", "issuer_country", "currency", "amount_band")
_COUNTS = (
    *("attempts", "valid_attempts", "submitted_attempts", "authorised_attempts"),
    *("captured_attempts", "payments_created", "payments", "payments_authorised_first"),
    *("payments_authorised", "payments_stopped_first", "payments_declined_first"),
    "payments_failed_first",
)
_SUMS = ", ".join(f"coalesce(sum({name}), 0) as {name}" for name in _COUNTS)
_MONTHS = f"""
select month, {_SUMS} from fct_payment_attempts_monthly
where $currency is null or currency = $currency
group by 1 order by 1
"""
_CUT = """
select {cut} as name, {sums} from fct_payment_attempts_monthly
where month >= $first and month < $after and ($currency is null or currency = $currency)
group by 1 order by valid_attempts desc, name limit 40
"""
_MATURITY = """
select month, max(mature_on) as mature_on, bool_and(is_mature) as is_mature
from fct_success_rates_monthly where month >= $first and month < $after
group by 1 order by 1 desc
"""
_BRIDGE = """
select step_number, step, definition_before, definition_after, rate_before_ppm, rate_after_ppm,
    step_ppm, numerator_before, denominator_before, numerator_after, denominator_after
from rpt_success_rate_bridges
where month = $month and processor = '*' and from_definition = $start and to_definition = $end
order by step_number
"""
_BRIDGED = """
select max(month) as month from rpt_success_rate_bridges where month >= $first and month < $after
"""
_CHANGE = """
select * from fct_success_rate_changes_monthly
where month >= $first and month < $after order by month desc limit 1
"""
_DECLINES = """
select decline_family, failure_cause, retry_advice, sum(attempts) as attempts,
    sum(payments) as payments, sum(payments_authorised) as payments_authorised,
    coalesce(sum(amount_reporting_minor), 0) as amount
from fct_declines_monthly
where month >= $first and month < $after and status <> 'invalid'
group by 1, 2, 3 order by attempts desc, decline_family
"""
_CODES = """
select decline_code, decline_family, processor, sum(attempts) as attempts,
    sum(payments_authorised) as payments_authorised
from fct_declines_monthly
where month >= $first and month < $after and decline_family = $family
group by 1, 2, 3 order by attempts desc, decline_code limit 100
"""
_ROUTING = """
select * from rpt_routing_monthly
where month = (select max(month) from rpt_routing_monthly where month >= $first and month < $after)
order by mix_rate_ppm desc nulls last, processor
"""


def months(context: Context) -> dict[date, Row]:
    """The counts of every month, whatever the period."""
    found = context.rows(_MONTHS, currency=context.scope.currency)
    return {row["month"]: row for row in found}


def together(rows: list[Row]) -> dict[str, int]:
    """The counts of several months; a rate of them is divided last."""
    return {name: sum(int(row[name]) for row in rows) for name in _COUNTS}


def cut(context: Context, by: str) -> list[Row]:
    """The counts by one of `CUTS`, the most attempts first."""
    if by not in CUTS:
        raise ValueError(f"attempts are not cut by {by!r}")
    return context.in_scope(_CUT.format(cut=by, sums=_SUMS))


def maturity(context: Context) -> list[Row]:
    """When the retries of each month are over, newest month first."""
    return _of_period(context, _MATURITY)


def bridge(context: Context, start: str, end: str) -> tuple[date | None, list[Row]]:
    """The newest month of the period with the steps from one definition to another."""
    month = _of_period(context, _BRIDGED)[0]["month"]
    return month, context.rows(_BRIDGE, month=month, start=start, end=end) if month else []


def change(context: Context) -> Row | None:
    """What changed in the newest month of the period since the month before, by effect."""
    found = _of_period(context, _CHANGE)
    return found[0] if found else None


def declines(context: Context) -> list[Row]:
    """Attempts that failed by family, with its cause and advice, over all currencies."""
    return _of_period(context, _DECLINES)


def codes(context: Context, family: str) -> list[Row]:
    """The codes of one family by processor."""
    return context.rows(_CODES, first=context.scope.first, after=context.scope.after, family=family)


def routing(context: Context) -> list[Row]:
    """Each processor on the company's mix in the newest month of the period."""
    return _of_period(context, _ROUTING)


def _of_period(context: Context, sql: str) -> list[Row]:
    return context.rows(sql, first=context.scope.first, after=context.scope.after)
