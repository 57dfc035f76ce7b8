"""FX: gains and losses by currency and account, and the rates that every figure was made with."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from dashboards.components import bar, empty, export, grids, links, plots
from dashboards.components.definitions import define
from dashboards.components.figure import Figure, figures, title, verdict
from dashboards.components.money import count, day, money, plural
from dashboards.components.words import leg
from dashboards.context import Context
from dashboards.data import Row
from dashboards.queries import fx as queries
from tieout.money import exponent

CURRENCIES, ACCOUNTS, RATES = "Currency", "Account", "Rates used"


def page() -> None:
    """The whole page."""
    context = bar.current()
    title("FX")
    found = queries.effects(context)
    if not found:
        empty.notice(
            "Nothing was exchanged here",
            "No balance, posting or settlement in another currency than that of the reports. "
            "Choose another month or currency above.",
        )
        return
    _verdict(context, found)
    _figures(context, found)
    _chart(context, found)
    by = st.segmented_control(
        "By",
        [CURRENCIES, ACCOUNTS, RATES],
        default=CURRENCIES,
        required=True,
        key="by",
        bind="query-params",
        label_visibility="collapsed",
    )
    table = "fct_fx_effects_monthly"
    if by == RATES:
        table = "rpt_reporting_rates"
        _rates(context)
    elif by == ACCOUNTS:
        table = "fct_trial_balance_monthly"
        _accounts(context)
    else:
        _currencies(context, found)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        export.table_buttons(context, table)
        links.to(
            "reconciliation",
            "Conversions at another rate than stated",
            ":material/compare_arrows:",
            leg=leg("fx_conversion"),
        )
        links.to(
            "audit", "Records behind a figure", ":material/verified:", metric="realised_exchange"
        )


def _total(found: list[Row], name: str) -> int:
    return sum(int(row[name]) for row in found)


def _verdict(context: Context, found: list[Row]) -> None:
    currency = context.edition.reporting_currency
    realised, unrealised = _total(found, "realised"), _total(found, "unrealised")

    def side(minor: int) -> str:
        word = "gained" if minor > 0 else "lost"
        return f"{money(abs(minor), currency, compact=True)} {word}"

    missing = _total(found, "without_rate")
    note = "In the reporting currency, at the reference rate of each day or the last one before."
    if missing:
        note += f" {plural(missing, 'amount')} without a rate are not in the sums."
    with verdict(
        f"{side(realised)} on exchange in the ledger, {side(unrealised)} on open balances", note
    ):
        pass


def _figures(context: Context, found: list[Row]) -> None:
    currency = context.edition.reporting_currency
    shown = (
        ("Realised", "realised", "realised_exchange"),
        ("Unrealised", "unrealised", "unrealised_exchange"),
        ("Kept by processors", "markup", "processor_markup"),
    )
    records = _total(found, "records")
    figures(
        (
            *(
                Figure(
                    name,
                    money(_total(found, column), currency, compact=True),
                    f"{define(context, metric, currency)}  \n"
                    f"{money(_total(found, column), currency)}.",
                )
                for name, column, metric in shown
            ),
            Figure("Records", count(records), define(context, "exchange_records")),
        )
    )


def _chart(context: Context, found: list[Row]) -> None:
    currency = context.edition.reporting_currency
    st.markdown("## Gain and loss, by currency")
    st.caption(f"Realised, unrealised and what processors kept, in {currency}; losses to the left")
    scale = 10 ** exponent(currency)
    records = [
        {
            "name": row["currency"],
            "value": int(row["together"]) / scale,
            "label": money(int(row["together"]), currency, compact=True),
            "text": money(int(row["together"]), currency),
        }
        for row in found
        if row["together"]
    ]
    if not records:
        st.markdown(":gray[Rates changed nothing.]")
        return
    plots.signed_bars(
        records,
        key="chart_fx",
        alt_text="Gain and loss by currency: "
        + ", ".join(f"{record['name']} {record['text']}" for record in records),
    )


def _currencies(context: Context, found: list[Row]) -> None:
    currency = context.edition.reporting_currency
    columns = {
        "Realised": "realised",
        "Unrealised": "unrealised",
        "Kept by processors": "markup",
        "Together": "together",
    }
    grids.table(
        [
            {
                "Currency": row["currency"],
                **{name: money(int(row[column]), currency) for name, column in columns.items()},
                "Records": int(row["records"]),
            }
            for row in found
        ],
        key="currencies",
        alt_text="Exchange effects by currency in the reporting currency",
        right=tuple(columns),
    )


def _accounts(context: Context) -> None:
    currency = context.edition.reporting_currency
    st.caption("What rates changed on each balance; losses negative. Liabilities are credits")
    found = queries.accounts(context)
    if not found:
        st.markdown(":gray[Rates changed no balance.]")
        return
    grids.table(
        [
            {
                "Account": row["account"],
                "Currency": row["currency"],
                "Effect": money(int(row["effect"]), currency),
            }
            for row in found
        ],
        key="accounts",
        alt_text="Unrealised exchange effect by account and currency",
        right=("Effect",),
    )


def _rates(context: Context) -> None:
    currency = context.edition.reporting_currency
    sources = ", ".join(queries.sources(context)) or "the files of rates"
    st.caption(
        f"{currency} for one unit; the last rate of the period and its range, from {sources}"
    )
    found = queries.rates(context)
    if not found:
        st.markdown(":gray[No rate was needed or delivered in this period.]")
        return
    grids.table(
        [
            {
                "Currency": row["currency"],
                "Rate": _rate(row["billionths"]),
                "Of": day(row["rate_date"]),
                "Lowest": _rate(row["low"]),
                "Highest": _rate(row["high"]),
                "Days": int(row["days"]),
            }
            for row in found
        ],
        key="rates",
        alt_text="Exchange rates used, with their date",
        right=("Rate", "Lowest", "Highest"),
    )


def _rate(billionths: int) -> str:
    return f"{Decimal(billionths).scaleb(-9):.6f}"


page()
