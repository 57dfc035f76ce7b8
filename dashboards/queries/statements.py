"""Statements of the ledger: its balances, result and cash of a month, and each posting."""

from __future__ import annotations

from datetime import date

from dashboards.context import Context
from dashboards.data import Row

_LATEST = """
select max(month) as month from fct_trial_balance_monthly where month >= $first and month < $after
"""
_TRIAL_BALANCE = """
select account, account_type, role, currency, opening_minor, debits_minor, credits_minor,
    closing_minor, closing_reporting_minor, entries, count(*) over () as found
from fct_trial_balance_monthly
where month = $month and ($currency is null or currency = $currency)
order by account_type, account, currency
"""
# Debits and credits of the month, and what all balances come to: zero in every currency.
_PROOF = """
select currency, sum(debits_minor) as debits, sum(credits_minor) as credits,
    sum(closing_minor) as closing
from fct_trial_balance_monthly
where month = $month and ($currency is null or currency = $currency)
group by 1 order by 1
"""
_CASH = """
select coalesce(sum(case when $currency is null then closing_reporting_minor
    else closing_minor end), 0) as cash
from fct_trial_balance_monthly
where month = $month and role = 'cash' and ($currency is null or currency = $currency)
"""
_INCOME = """
select section, min(position) as position, account, product,
    sum(case when $currency is null then amount_reporting_minor else amount_minor end) as amount,
    sum(entries) as entries
from fct_income_statement_monthly
where month >= $first and month < $after and ($currency is null or currency = $currency)
group by section, account, product order by 2, account, product
"""
_ROLL_FORWARD = """
select account, bank_account, currency, position, line, amount_minor, on_day, entries
from fct_cash_roll_forward_monthly
where month = $month and ($currency is null or currency = $currency)
order by account, bank_account, currency, position
"""
_LEDGER_SCOPE = """
from fct_general_ledger
where business_date >= $first and business_date < $after
    and ($currency is null or currency = $currency)
    and ($account is null or account = $account)
    and ($search is null or reference = $search or payment_id = $search
        or merchant_id = $search or journal_id = $search)
"""
_LEDGER = f"""
select g.*, f.origin
from (
    select * {_LEDGER_SCOPE}
    order by business_date desc, journal_id, entry_id limit $limit offset $offset
) as g
left join (select sha256, min(origin) as origin from deliveries group by 1) as f
    on g.source_file_sha256 = f.sha256
order by g.business_date desc, g.journal_id, g.entry_id
"""
_LEDGER_SIZE = f"select count(*) as entries {_LEDGER_SCOPE}"
_JOURNAL = """
select account, amount_minor, currency from fct_general_ledger
where journal_id = $journal order by amount_minor desc, account
"""
_ACCOUNTS = "select distinct account from fct_trial_balance_monthly order by 1"


def latest_month(context: Context) -> date | None:
    """The newest month of the period with a trial balance."""
    scope = context.scope
    month: date | None = context.rows(_LATEST, first=scope.first, after=scope.after)[0]["month"]
    return month


def trial_balance(context: Context, month: date) -> list[Row]:
    """Every account and currency of a month; debits positive, in own amounts."""
    return _of_month(context, _TRIAL_BALANCE, month)


def proof(context: Context, month: date) -> list[Row]:
    """Debits, credits and the sum of all balances by currency."""
    return _of_month(context, _PROOF, month)


def cash(context: Context, month: date) -> int:
    """What the cash accounts closed with."""
    return int(_of_month(context, _CASH, month)[0]["cash"])


def income(context: Context) -> list[Row]:
    """Income and expense of the period by section and account; costs negative."""
    return context.in_scope(_INCOME)


def roll_forward(context: Context, month: date) -> list[Row]:
    """Each cash account from its opening balance to what the bank states, in own amounts."""
    return _of_month(context, _ROLL_FORWARD, month)


def ledger(
    context: Context, account: str | None, search: str | None, *, limit: int, offset: int
) -> list[Row]:
    """Postings with the file that each came from, newest first."""
    return context.in_scope(_LEDGER, account=account, search=search, limit=limit, offset=offset)


def ledger_size(context: Context, account: str | None, search: str | None) -> int:
    """How many postings there are."""
    return int(context.in_scope(_LEDGER_SIZE, account=account, search=search)[0]["entries"])


def journal(context: Context, journal: str) -> list[Row]:
    """All postings of one journal: they come to zero."""
    return context.rows(_JOURNAL, journal=journal)


def accounts(context: Context) -> list[str]:
    """The accounts of the ledger."""
    return [row["account"] for row in context.rows(_ACCOUNTS)]


def _of_month(context: Context, sql: str, month: date) -> list[Row]:
    return context.rows(sql, month=month, currency=context.scope.currency)
