"""A small company of a few records on every leg, built by dbt alone: no simulator, no Dagster."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from assets.resources import WorkspaceResource, reporter
from assets.warehouse import build_models, use_workspace
from tests.conftest import Ingest
from tieout.engine import connect
from tieout.settings import Workspace

Row = dict[str, object]
Ask = Callable[[str], list[tuple[object, ...]]]


def build(home: Path, tables: dict[str, list[Row]], as_of: str) -> Ask:
    """Ingest the rows as own exports, build and test every model; a way to ask the warehouse."""
    workspace = Workspace.create(home, reporting_currency="USD", as_of=as_of)
    ingesting = Ingest(workspace)
    for table, rows in tables.items():
        ingesting.drop(f"{table}.csv", sheet(rows))
    accounts = ingesting.run()
    assert [a for a in accounts if a.status != "read"] == []
    return rebuild(workspace)


def rebuild(workspace: Workspace) -> Ask:
    """Build and test every model of what was ingested; a way to ask the warehouse."""
    resource = WorkspaceResource(home=str(workspace.home))
    use_workspace(resource)
    results = build_models(resource, reporter("building"))
    assert {r.node.name: r.message for r in results if r.status in ("fail", "error")} == {}

    def ask(sql: str) -> list[tuple[object, ...]]:
        with connect(workspace.warehouse, read_only=True) as warehouse:
            return warehouse.execute(sql).fetchall()

    return ask


def sheet(rows: list[Row]) -> bytes:
    """Rows as CSV; a column that a row lacks is empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def payment(name: str, captured: int, day: str, **more: object) -> Row:
    """An attempt on Adyen, captured or (with nothing captured) declined."""
    return {
        "attempt_id": f"att_{name}",
        "payment_id": f"pay_{name}",
        "attempt_no": 1,
        "amount_minor": 10_000,
        "captured_minor": captured,
        "currency": "USD",
        "status": "captured" if captured else "declined",
        "created_at": f"{day}T10:00:00Z",
        "processor": "adyen",
        "processor_reference": f"psp_{name}",
        **more,
    }


def line(kind: str, reference: str, gross: int, day: str, **more: object) -> Row:
    """A settlement line of Adyen in dollars, without fees unless they are given."""
    fees = ("interchange_minor", "scheme_fee_minor", "markup_minor", "fixed_fee_minor", "tax_minor")
    charged = {name: more.pop(name, 0) for name in fees}
    return {
        "line_id": f"line_{kind}_{reference}",
        "processor": "adyen",
        "report_id": "r",
        "line_kind": kind,
        "processor_reference": reference,
        "gross_minor": gross,
        **charged,
        "net_minor": gross - sum(map(int, charged.values())),  # type: ignore[call-overload]
        "currency": "USD",
        "presentment_minor": gross,
        "presentment_currency": "USD",
        "created_at": f"{day}T12:00:00Z",
        **more,
    }


def price(name: str, kind: str, component: str, ppm: int, fixed: int, **more: object) -> Row:
    """A line of the contract with Adyen."""
    return {
        "contract_line_id": name,
        "processor": "adyen",
        "line_kind": kind,
        "fee_component": component,
        "rate_ppm": ppm,
        "fixed_minor": fixed,
        "effective_from": "2026-01-01",
        **more,
    }
