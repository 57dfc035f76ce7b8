"""What can be chosen in the bar above the pages."""

from __future__ import annotations

from datetime import date

from dashboards import data
from tieout.settings import Workspace

_MONTHS = """
select distinct cast(date_trunc('month', business_date) as date) as month
from rpt_reconciliation_daily where business_date is not null
union
select distinct month from fct_revenue_monthly
union
select distinct month from fct_cost_per_volume_monthly
order by month desc
"""
_CURRENCIES = """
select distinct currency from rpt_reconciliation_daily
union
select distinct currency from fct_revenue_monthly
order by currency
"""
_FILES = "select count(*) as files, count(distinct source) as sources from rpt_source_files"


def months(home: Workspace, edition_id: str) -> list[date]:
    """The months that the edition knows anything of, newest first."""
    return [row["month"] for row in data.rows(home, edition_id, _MONTHS, {})]


def currencies(home: Workspace, edition_id: str) -> list[str]:
    """The currencies of the edition."""
    return [row["currency"] for row in data.rows(home, edition_id, _CURRENCIES, {})]


def files(home: Workspace, edition_id: str) -> tuple[int, int]:
    """How many files the edition was made from, and of how many sources."""
    row = data.rows(home, edition_id, _FILES, {})[0]
    return row["files"], row["sources"]
