"""A workspace with one small edition: a matched, an in transit and a broken item on every leg.

The tables are made from the columns that the models promise, so a column that is renamed there
fails here; the rows are made without dbt and Dagster, so that the tests are fast.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import yaml

from tieout.editions import Edition, Editions
from tieout.engine import connect
from tieout.settings import Workspace

MODELS = Path(__file__).parents[2] / "dbt_project" / "models" / "marts"
ORIGIN = "stripe/report.csv"
# The third line is the record of the broken item; it holds a card number that must not be shown.
CARD = "4111111111111111"
ORIGINAL = f"id,amount,memo\nch_1,50.00,fine\nch_2,49.00,card {CARD}\n".encode()
BREAKS = {
    "ledger_balance": "unbalanced_journal",
    "payment_ledger": "missing_in_ledger",
    "payment_settlement": "amount_mismatch",
    "batch_payout": "control_total_mismatch",
    "payout_bank": "missing_in_bank",
}

# One item a leg and status. Left says 50.00; a broken right says 49.00; in transit, nothing yet.
_ITEMS = """
insert into fct_reconciliation_items by name
select
    md5(leg || status || currency) as item_id, leg, leg || '|' || status as match_key,
    'stripe' as processor, 'ref_' || status as reference, status,
    case when status = 'matched' then 'exact' end as match_pass,
    case when status = 'broken' then break_type end as break_type,
    1 as left_count, case when status = 'in_transit' then 0 else 1 end as right_count,
    5000 as left_minor,
    case status when 'matched' then 5000 when 'broken' then 4900 else 0 end as right_minor,
    case status when 'matched' then 0 when 'broken' then 100 else 5000 end as difference_minor,
    currency, business_date, business_date as right_date,
    business_date + 3 as deadline, date '2026-11-22' as as_of,
    datediff('day', business_date, date '2026-11-22')::integer as age_days
from
    (values {breaks}) as legs (leg, break_type),
    (values ('matched', date '2026-10-05'), ('in_transit', date '2026-11-20'),
        ('broken', date '2026-11-03')) as statuses (status, business_date),
    (values ('USD'), ('EUR')) as currencies (currency)
"""
_DERIVED = (
    """
insert into fct_breaks by name
select
    i.* exclude (item_id, match_key, status, match_pass, right_date, match_decision_id,
        write_off_decision_id),
    item_id as break_id,
    abs(difference_minor) as value_minor,
    abs(difference_minor) * if(currency = 'EUR', 2, 1) as value_reporting_minor,
    'USD' as reporting_currency, '8-30' as age_bucket
from fct_reconciliation_items as i where status = 'broken'
""",
    """
insert into rpt_reconciliation_daily by name
select leg, processor, currency, business_date, status, coalesce(match_pass, 'none') as match_pass,
    coalesce(break_type, 'none') as break_type, count(*) as items,
    sum(left_minor)::bigint as value_minor,
    sum(left_minor * if(currency = 'EUR', 2, 1))::bigint as value_reporting_minor,
    'USD' as reporting_currency
from fct_reconciliation_items group by all
""",
    """
insert into fct_reconciliation_members by name
select md5(item_id || side) as record_id, leg, side, item_id, 'settlement_lines' as source_table,
    'stripe' as source, $sha256 as source_file_sha256,
    if(status = 'broken', 3, 2) as source_line, processor, reference,
    if(side = 'left', left_minor, right_minor) as amount_minor, currency, business_date
from fct_reconciliation_items, (values ('left'), ('right')) as sides (side)
where side = 'left' or right_count > 0
""",
    """
insert into rpt_conservation by name
select leg, 'settlement_lines' as source_table, 'stripe' as source, currency, business_date,
    left_count + right_count as rows_in, 0 as rows_excluded, 0 as rows_difference,
    0 as minor_difference
from fct_reconciliation_items
""",
    """
insert into fct_revenue_monthly by name
select month, currency, 900000 as gross_volume_minor, 9000 as gross_revenue_minor,
    6000 as net_revenue_minor, 900000 as gross_volume_reporting_minor,
    9000 as gross_revenue_reporting_minor, 6000 as net_revenue_reporting_minor,
    'USD' as reporting_currency
from (values (date '2026-10-01'), (date '2026-11-01')) as m (month),
    (values ('USD'), ('EUR')) as c (currency)
""",
    """
insert into fct_cost_per_volume_monthly by name
select month, cost_minor, 1800000 as volume_minor, cost_minor * 5 as cost_per_million_minor,
    'USD' as reporting_currency
from (values (date '2026-10-01', 100), (date '2026-11-01', 9000)) as m (month, cost_minor)
""",
    """
insert into fct_success_rates_monthly by name
select month, 'stripe' as processor, 100 as valid_attempts, 97 as authorised_attempts
from (values (date '2026-10-01'), (date '2026-11-01')) as m (month)
""",
    """
insert into fct_revenue_by_merchant_monthly by name
select month, merchant_id, segment, 'US' as country, 'payments' as product,
    'principal' as presentation, 'USD' as currency, volume as gross_volume_minor,
    volume as gross_volume_reporting_minor, 0 as refunds_minor, 0 as refunds_reporting_minor,
    0 as disputes_minor, 0 as disputes_reporting_minor, 900 as gross_revenue_minor,
    900 as gross_revenue_reporting_minor, 300 as network_cost_minor,
    300 as network_cost_reporting_minor, 600 as net_revenue_minor,
    600 as net_revenue_reporting_minor, 'USD' as reporting_currency
from (values (date '2026-10-01'), (date '2026-11-01')) as m (month),
    (values ('mer_1', 'enterprise', 90000), ('mer_2', 'small', 30000))
        as s (merchant_id, segment, volume)
""",
    """
insert into rpt_reporting_rates by name
select 'EUR' as currency, date '2000-01-01' as rate_date, date '9999-12-31' as next_rate_date,
    2000000000 as rate_billionths, 'USD' as reporting_currency, 100 as minor_per_major,
    100 as reporting_minor_per_major
""",
    """
insert into rpt_money_flow by name
select 'stripe' as processor, 'USD' as currency, section, place, step, row_kind, amount_minor
from (values
    (1, 1, 'ledger', 'from', 15000), (1, 3, 'payments', 'to', 15000),
    (1, 4, 'residual', 'residual', 0),
    (2, 1, 'payments', 'from', 15000), (2, 2, 'broken', 'step', -100),
    (2, 2, 'in_transit', 'step', -5000), (2, 3, 'settled', 'to', 9900),
    (2, 4, 'residual', 'residual', 0), (5, 1, 'payouts', 'from', 9900), (5, 3, 'bank', 'to', 9900),
    (5, 4, 'residual', 'residual', 0)) as f (section, place, step, row_kind, amount_minor)
""",
    """
insert into rpt_legs by name
select 'payout_bank' as leg, 2 as deadline_days, 3 as missing_days, 'target' as calendar
""",
    """
insert into fct_cash_roll_forward_monthly by name
select date '2026-11-01' as month, 'cash:usd' as account, 'USD' as currency, position, line,
    amount_minor, on_day
from (values (3, 'closing', 9900, null), (4, 'ledger_on_day', 9900, date '2026-11-22'),
    (5, 'stated_by_bank', 9800, date '2026-11-22'), (6, 'difference', 100, date '2026-11-22'))
    as c (position, line, amount_minor, on_day)
""",
    """
insert into rpt_source_files by name
select $sha256 as source_file_sha256, 'stripe' as source, 'read' as status, 2 as records,
    0 as quarantined_records
""",
)


def workspace(home: Path) -> Workspace:
    """A workspace without an edition."""
    return Workspace.create(home, reporting_currency="USD", as_of="today")


def publish(home: Workspace, *, is_empty: bool = False, extra: str = "") -> Edition:
    """Publish the small edition; `extra` is one more statement that changes it."""
    from tieout.landing import Landing

    delivery = Landing(home.landing).land_bytes(ORIGINAL, ORIGIN, date(2026, 11, 22))
    with connect() as warehouse:
        names = _make_tables(warehouse)
        if not is_empty:
            breaks = ", ".join(str(pair) for pair in BREAKS.items())
            warehouse.execute(_ITEMS.format(breaks=breaks))
            for sql in _DERIVED:
                parameters = {"sha256": delivery.sha256} if "$sha256" in sql else {}
                warehouse.execute(sql, parameters)
            if extra:
                warehouse.execute(extra)
        warehouse.execute(
            "insert into deliveries values (?, ?, ?, ?, ?)",
            [delivery.sha256, delivery.bytes, ORIGIN, delivery.received_at, delivery.arrival_day],
        )
        edition, _ = Editions(home.editions).publish(
            warehouse,
            {name: name for name in names},
            as_of="2026-11-22",
            reporting_currency="USD",
            tieout_version="0",
        )
    return edition


def item_id(leg: str, status: str, currency: str = "USD") -> str:
    """The id of an item of the small edition."""
    row = duckdb.execute("select md5(?)", [leg + status + currency]).fetchone()
    assert row is not None
    return str(row[0])


def _make_tables(warehouse: duckdb.DuckDBPyConnection) -> list[str]:
    names = ["deliveries"]
    warehouse.execute(
        "create table deliveries (sha256 varchar, bytes bigint, origin varchar, "
        "received_at varchar, arrival_day varchar)"
    )
    for path in sorted(MODELS.rglob("*__models.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            columns = ", ".join(f"{c['name']} {c['data_type']}" for c in model["columns"])
            warehouse.execute(f"create table {model['name']} ({columns})")
            names.append(model["name"])
    return names
