"""The money flow from the ledger to the bank: totals, what lies between them, what nothing says."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.context import Context
from dashboards.data import Row

LEDGER, BANK, BROKEN, IN_TRANSIT = "Ledger", "Bank", "Broken", "In transit"
LEFT_OUT, UNEXPLAINED = "Not compared", "Unexplained"
# What the steps of the table are here; any other step is a reason for which a leg leaves lines out.
NAMES = {
    "ledger": LEDGER,
    "bank": BANK,
    **dict.fromkeys(
        ("interchange", "scheme_fee", "markup", "fixed_fee", "fee_lines", "tax"), "Fees"
    ),
    "reserves": "Reserves",
    "converted_in": "Converted",
    "converted_out": "Converted",
    "settled_otherwise": "Other settlement lines",
    "in_transit": IN_TRANSIT,
    "broken": BROKEN,
    "written_off": "Written off",
    "matched_within_tolerance": "Within tolerance",
    "matched": "Matched elsewhere",
    "residual": UNEXPLAINED,
}
ORDER = (
    *(LEDGER, "Converted", "Other settlement lines", "Fees", "Reserves", LEFT_OUT),
    *("Matched elsewhere", "Within tolerance", "Written off", IN_TRANSIT, BROKEN, UNEXPLAINED),
)
_CURRENCIES = """
select currency, sum(abs(amount_minor)) filter (where row_kind in ('from', 'to')) as moved
from rpt_money_flow
group by 1
order by moved desc nulls last, currency
"""

_STEPS = """
select processor, section, place, step, row_kind, amount_minor
from rpt_money_flow
where currency = $currency
order by processor, section, place, step
"""

_SECTIONS = """
select
    section, processor, currency,
    coalesce(sum(amount_minor) filter (where row_kind = 'from'), 0) as from_minor,
    coalesce(sum(amount_minor) filter (where row_kind = 'step'), 0) as steps_minor,
    coalesce(sum(amount_minor) filter (where row_kind = 'step' and step = 'broken'), 0)
        as broken_minor,
    coalesce(sum(amount_minor) filter (where row_kind = 'to'), 0) as to_minor,
    coalesce(sum(amount_minor) filter (where row_kind = 'residual'), 0) as residual_minor
from rpt_money_flow
where $currency is null or currency = $currency
group by all
order by abs(residual_minor) desc, abs(broken_minor) desc, currency, processor, section
"""


@dataclass(frozen=True)
class Flow:
    """What one processor adds to the flow (`minor` > 0) or takes out of it, by what it is."""

    processor: str
    name: str
    minor: int


def currencies(context: Context) -> list[str]:
    """The currencies of the flow, the one with most money first."""
    return [row["currency"] for row in context.rows(_CURRENCIES)]


def steps(context: Context, currency: str) -> list[Row]:
    """The flow of one currency, a row a processor, section and step, in order."""
    return context.rows(_STEPS, currency=currency)


def sections(context: Context, currency: str | None) -> list[Row]:
    """Each section of each processor and currency, the largest residual and break first."""
    return context.rows(_SECTIONS, currency=currency)


def flows(rows: list[Row]) -> list[Flow]:
    """What each processor adds and takes, by name: the totals between ledger and bank go out."""
    sums: dict[tuple[str, str], int] = {}
    for row in rows:
        is_end = row["step"] in ("ledger", "bank")
        if row["row_kind"] in ("from", "to") and not is_end:
            continue
        name = NAMES.get(row["step"], LEFT_OUT)
        # Steps lead from one total to the next; what is left over is short of it.
        sign = -1 if row["step"] == "bank" or row["row_kind"] == "residual" else 1
        key = (row["processor"] or "none", name)
        sums[key] = sums.get(key, 0) + sign * int(row["amount_minor"])
    order = {name: place for place, name in enumerate((LEDGER, BANK, *ORDER[1:]))}
    flows = [Flow(*key, minor) for key, minor in sums.items() if minor]
    return sorted(flows, key=lambda flow: (order[flow.name], flow.processor))
