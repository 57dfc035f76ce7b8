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
insert into fct_payouts by name
select item_id, processor, reference, case when right_count > 0 then 'landed' else status end
        as standing, break_type,
    left_minor as amount_minor, right_minor as landed_minor, currency,
    left_minor * if(currency = 'EUR', 2, 1) as amount_reporting_minor, 'USD' as reporting_currency,
    business_date, if(right_count > 0, right_date, null) as landed_on, deadline,
    0 as days_late, as_of
from fct_reconciliation_items where leg = 'payout_bank'
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
    2000 as interchange_minor, 1000 as markup_minor, 3000 as network_cost_minor,
    2000 as interchange_reporting_minor, 1000 as markup_reporting_minor,
    3000 as network_cost_reporting_minor,
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
select month, 'stripe' as processor, 100 as valid_attempts, 97 as authorised_attempts,
    date '2026-12-14' as mature_on, false as is_mature
from (values (date '2026-10-01'), (date '2026-11-01')) as m (month)
""",
    # Of 103 attempts 3 are invalid and 2 never reach the network; one of 98 payments needs a retry.
    """
insert into fct_payment_attempts_monthly by name
select month, 'stripe' as processor, 'card' as method, 'visa' as card_brand, 'credit' as funding,
    'US' as issuer_country, currency, 'small' as amount_band, 103 as attempts,
    100 as valid_attempts, 98 as submitted_attempts, 93 as authorised_attempts,
    93 as captured_attempts, 98 as payments_created, 98 as payments,
    92 as payments_authorised_first, 93 as payments_authorised, 2 as payments_stopped_first,
    4 as payments_declined_first, 0 as payments_failed_first
from (values (date '2026-10-01'), (date '2026-11-01')) as m (month),
    (values ('USD'), ('EUR')) as c (currency)
""",
    """
insert into rpt_success_rate_bridges by name
select date '2026-11-01' as month, '*' as processor, 'raw_success_rate' as from_definition,
    'deduplicated_success_rate' as to_definition, 1 as step_number, 'retries' as step,
    186 as numerator_before, 206 as denominator_before, 186 as numerator_after,
    196 as denominator_after, 902913 as rate_before_ppm, 948980 as rate_after_ppm,
    46067 as step_ppm
""",
    """
insert into fct_success_rate_changes_monthly by name
select date '2026-11-01' as month, date '2026-10-01' as previous_month,
    948980 as previous_rate_ppm, 948990 as rate_ppm, 10 as change_ppm, 4 as mix_effect_ppm,
    0 as routing_effect_ppm, 0 as processor_effect_ppm, 16 as issuer_effect_ppm,
    -10 as risk_effect_ppm, 0 as retry_effect_ppm, false as is_mature
""",
    """
insert into fct_declines_monthly by name
select date '2026-11-01' as month, 'stripe' as processor, 'visa' as card_brand,
    'US' as issuer_country, 'declined' as status, 'code_51' as decline_code,
    'insufficient_funds' as decline_family, 'issuer' as failure_cause,
    'retry_later' as retry_advice, 8 as attempts, 8 as payments, 2 as payments_authorised,
    4000 as amount_reporting_minor
""",
    """
insert into rpt_routing_monthly by name
select date '2026-11-01' as month, 'stripe' as processor, 196 as submitted_payments,
    186 as authorised_payments, 196 as company_payments, 196 as mix_payments,
    948980 as mix_rate_ppm, 908000 as mix_rate_lower_ppm, 972000 as mix_rate_upper_ppm,
    6000 as mix_cost_reporting_minor, 6000 as mix_cost_of_all_reporting_minor,
    'USD' as reporting_currency
""",
    # The ledger: a fee of 90.00 that a merchant owes, in a journal that balances.
    """
insert into fct_general_ledger by name
select date '2026-11-03' as business_date, 'jrn_1' as journal_id, account as entry_id, account,
    amount as amount_minor, 'USD' as currency, 'capture' as event_type, 'att_1' as reference,
    'mrc_1' as merchant_id, $sha256 as source_file_sha256, 2 as source_line
from (values ('merchant_payable', 9000), ('revenue:payments', -9000)) as a (account, amount)
""",
    """
insert into fct_trial_balance_monthly by name
select date '2026-11-01' as month, account, type as account_type, role, 'USD' as currency,
    0 as opening_minor, greatest(amount, 0) as debits_minor, greatest(-amount, 0) as credits_minor,
    amount as closing_minor, amount as closing_reporting_minor, 1 as entries,
    'USD' as reporting_currency
from (values ('merchant_payable', 'liability', 'merchant_payable', 9000),
    ('revenue:payments', 'income', 'fee_revenue', -9000)) as a (account, type, role, amount)
""",
    """
insert into fct_income_statement_monthly by name
select date '2026-11-01' as month, 'revenue' as section, 1 as position,
    'revenue:payments' as account, 'payments' as product, 'USD' as currency,
    9000 as amount_minor, 9000 as amount_reporting_minor, 1 as entries,
    'USD' as reporting_currency
""",
    """
insert into rpt_fee_claims by name
select 1 as place, 'claim' as break_id, 'stripe' as processor, 'ch_9' as reference,
    date '2026-11-03' as business_date, 'USD' as currency, 250 as charged_minor,
    100 as contract_minor, 150 as claim_minor, 150 as claim_reporting_minor,
    'USD' as reporting_currency, 19 as age_days
""",
    """
insert into fct_disputes_monthly by name
select date '2026-11-01' as month, 'stripe' as processor, 'mastercard' as card_brand,
    'USD' as currency, 8000 as transactions, 185 as chargebacks, 100 as fraud_chargebacks,
    5 as reversals, 2 as inquiries, 925000 as chargeback_minor,
    925000 as chargeback_reporting_minor
""",
    # The golden example of the definitions.
    """
insert into fct_dispute_programmes_monthly by name
select 'mastercard_ecm' as programme, date '2026-11-01' as month, '*' as merchant_id,
    'mastercard' as card_brand, 185 as chargebacks, 0 as fraud_reports, 185 as items,
    7500 as transactions, 247 as ratio_bps, 150 as threshold_bps, 100 as minimum_count,
    true as is_breached, 22 as days_elapsed
""",
    """
insert into fct_dispute_cohorts_monthly by name
select date '2026-10-01' as payment_month, 'visa' as card_brand, months_since,
    1000 as transactions, to_date as chargebacks_to_date, true as is_complete
from (values (0, 2), (1, 5)) as c (months_since, to_date)
""",
    """
insert into fct_fx_effects_monthly by name
select date '2026-11-01' as month, 'EUR' as currency, effect, amount as amount_reporting_minor,
    3 as records, 0 as amounts_without_rate, 'USD' as reporting_currency
from (values ('realised', -500), ('unrealised', 800), ('processor_markup', -100)) as e
    (effect, amount)
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
insert into fct_revenue_waterfall_monthly by name
select date '2026-10-01' as booking_month, currency, step, month, amount_minor,
    amount_minor * rate as amount_reporting_minor, 2 as records
from (values ('USD', 1, 'booked', date '2026-10-01', 100000),
    ('USD', 1, 'recognised', date '2026-10-01', 31000),
    ('USD', 1, 'recognised', date '2026-11-01', 22000),
    ('USD', 1, 'remaining', date '2026-10-01', 47000),
    ('EUR', 2, 'booked', date '2026-10-01', 50000),
    ('EUR', 2, 'recognised', date '2026-11-01', 9000),
    ('EUR', 2, 'remaining', date '2026-10-01', 41000)) as w
    (currency, rate, step, month, amount_minor)
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

# Ten fees held against contracts, one of them charged too much; not in the small edition itself,
# whose items are counted.
FEES = """
insert into rpt_reconciliation_daily by name
select 'fee_contract' as leg, 'stripe' as processor, 'USD' as currency,
    date '2026-11-03' as business_date, status, 'none' as match_pass, 'none' as break_type,
    items, charged as left_minor, contract as right_minor, 0 as value_minor,
    0 as value_reporting_minor, 'USD' as reporting_currency
from (values ('matched', 9, 900, 900), ('broken', 1, 250, 100)) as f
    (status, items, charged, contract)
"""


def workspace(home: Path) -> Workspace:
    """A workspace without an edition."""
    return Workspace.create(home, reporting_currency="USD", as_of="today")


def publish(
    home: Workspace, *, is_empty: bool = False, extra: str = "", without: str | None = None
) -> Edition:
    """Publish the small edition; `extra` is one more statement that changes it, and `without` a
    table that an older version did not know."""
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
            {name: name for name in names if name != without},
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
