"""The headline figures of an edition: one query each, shared by the command line and dashboards."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from tieout.editions import Edition
from tieout.money import exponent


@dataclass(frozen=True)
class Headline:
    """The state of an edition in a few figures. Money in minor units of `reporting_currency`.

    Match rates are pairs (matched, in scope); what is in transit is in scope and not matched.
    """

    as_of: str
    reporting_currency: str
    files: int
    records: int
    quarantined: int
    items_matched: int
    items_in_scope: int
    value_matched_minor: int
    value_in_scope_minor: int
    value_in_transit_minor: int
    breaks: int
    breaks_minor: int
    gross_volume_minor: int
    gross_revenue_minor: int
    net_revenue_minor: int
    cost_minor: int
    cost_volume_minor: int
    valid_attempts: int
    authorised_attempts: int

    @property
    def cost_per_million_minor(self) -> int | None:
        """Cost of the months with cost ÷ their volume × 1,000,000, rounded half up."""
        if not self.cost_volume_minor:
            return None
        scale: int = 1_000_000 * 10 ** exponent(self.reporting_currency)
        return (2 * self.cost_minor * scale + self.cost_volume_minor) // (
            2 * self.cost_volume_minor
        )


HEADLINE_SQL = """
with files as (
  select count(*) as files, coalesce(sum(records), 0) as records,
    coalesce(sum(quarantined_records), 0) as quarantined
  from rpt_source_files
),
items as (
  select
    coalesce(sum(items) filter (where status like 'matched%'), 0) as items_matched,
    coalesce(sum(items), 0) as items_in_scope,
    coalesce(sum(value_reporting_minor) filter (where status like 'matched%'), 0) as value_matched,
    coalesce(sum(value_reporting_minor), 0) as value_in_scope,
    coalesce(sum(value_reporting_minor) filter (where status = 'in_transit'), 0) as in_transit
  from rpt_reconciliation_daily
),
breaks as (
  select count(*) as breaks, coalesce(sum(value_reporting_minor), 0) as breaks_minor from fct_breaks
),
revenue as (
  select coalesce(sum(gross_volume_reporting_minor), 0) as volume,
    coalesce(sum(gross_revenue_reporting_minor), 0) as gross,
    coalesce(sum(net_revenue_reporting_minor), 0) as net
  from fct_revenue_monthly
),
cost as (
  select coalesce(sum(cost_minor), 0) as cost, coalesce(sum(volume_minor), 0) as volume
  from fct_cost_per_volume_monthly where cost_minor <> 0
),
success as (
  select coalesce(sum(valid_attempts), 0) as valid,
    coalesce(sum(authorised_attempts), 0) as authorised
  from fct_success_rates_monthly
)
select f.files, f.records, f.quarantined, i.items_matched, i.items_in_scope, i.value_matched,
  i.value_in_scope, i.in_transit, b.breaks, b.breaks_minor, r.volume, r.gross, r.net, c.cost,
  c.volume, s.valid, s.authorised
from files f, items i, breaks b, revenue r, cost c, success s
"""


def headline(connection: duckdb.DuckDBPyConnection, edition: Edition) -> Headline:
    """The figures of the edition that `connection` reads."""
    row = connection.execute(HEADLINE_SQL).fetchall()[0]
    return Headline(edition.as_of, edition.reporting_currency, *(int(value) for value in row))


def rate(numerator: int, denominator: int, places: int = 2) -> str:
    """A ratio in percent, cut and not rounded up, so that 100% means all; a dash for 0 ÷ 0."""
    if not denominator:
        return "–"
    scaled = numerator * 100 * 10**places // denominator
    return f"{Decimal(scaled).scaleb(-places):.{places}f}%"
