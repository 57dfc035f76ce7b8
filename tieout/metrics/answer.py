"""The answer to a question, from an edition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import duckdb

from tieout.metrics.catalogue import GRAINS, Catalogue, Metric
from tieout.metrics.question import Condition, Question, Unanswerable

_SCALE = {"bps": 10_000, "percent": 100, "per_million": 1_000_000, "per_payment": 1}


@dataclass(frozen=True)
class Row:
    """One figure: where it is, its numbers and how many records are behind it.

    `parts` are the value itself, or numerator and denominator. `value` is in the metric's unit;
    None where there is nothing to divide by, or no record that a percentile could be of.
    """

    keys: tuple[str, ...]
    parts: tuple[int, ...]
    value: Decimal | None
    records: int


@dataclass(frozen=True)
class Answer:
    """The figures of a metric, ordered by what they are cut by, and the SQL that gave them."""

    metric: Metric
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    sql: str


def ask(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, question: Question) -> Answer:
    """Answer from the edition that `connection` reads; `Unanswerable` says what to ask instead."""
    metric = catalogue[question.metric]
    names = list(dict.fromkeys((*metric.parts, metric.records)))
    columns, groups = _groups(catalogue, metric, question)
    sql = _sql(catalogue, metric, names, groups, question)
    try:
        result = connection.execute(sql)
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        raise Unanswerable(
            f"this edition lacks what {metric.name} is made of; it is of an older version, so"
            f" publish a new one with: tieout run ({str(error).splitlines()[0]})"
        ) from None
    place = {column[0]: number for number, column in enumerate(result.description)}
    rows = tuple(_row(metric, groups, place, found) for found in result.fetchall())
    return Answer(metric, columns, rows, sql)


def _row(metric: Metric, groups: list[str], place: dict[str, int], found: tuple[Any, ...]) -> Row:
    def number(name: str) -> int:
        return int(found[place[name]] or 0)

    parts = tuple(number(part) for part in metric.parts)
    records = number(metric.records)
    return Row(
        keys=tuple(_key(found[place[group]]) for group in groups),
        parts=parts,
        value=_value(metric, parts, records),
        records=records,
    )


def _groups(
    catalogue: Catalogue, metric: Metric, question: Question
) -> tuple[tuple[str, ...], list[str]]:
    """The columns of the answer, and what MetricFlow calls them; time comes first."""
    by = [name for name in question.by if name not in GRAINS]
    grains = [name for name in question.by if name in GRAINS]
    grains += [question.grain] if question.grain else []
    allowed = catalogue.grains(metric)
    for grain in grains:
        if grain not in allowed:
            raise Unanswerable(
                f"{metric.name} can be asked for by {', '.join(allowed)}, not by {grain}"
            )
    dimensions = catalogue.dimensions(metric)
    for name in (*by, *(condition.dimension for condition in question.where)):
        if name not in dimensions:
            others = ", ".join((*allowed, *dimensions))
            raise Unanswerable(f"{metric.name} has no dimension {name!r}; it has {others}")
    grains = list(dict.fromkeys(grains))
    groups = [f"metric_time__{grain}" for grain in grains] + [dimensions[name] for name in by]
    return (*grains, *by), groups


def _sql(
    catalogue: Catalogue, metric: Metric, names: list[str], groups: list[str], question: Question
) -> str:
    from metricflow.engine.metricflow_engine import MetricFlowQueryRequest
    from metricflow_semantics.errors.error_classes import InvalidQueryException

    dimensions = catalogue.dimensions(metric)
    request = MetricFlowQueryRequest.create(
        metric_names=names,
        group_by_names=groups,
        order_by_names=groups,
        where_constraints=[_where(c, dimensions[c.dimension]) for c in question.where],
        time_constraint_start=_at(question.since),
        time_constraint_end=_at(question.until),
    )
    try:
        return str(catalogue.engine.explain(request).sql_statement.sql)
    except InvalidQueryException as error:
        raise Unanswerable(f"{metric.name} cannot be asked for like this: {error}") from None


def _where(condition: Condition, dimension: str) -> str:
    column = f"{{{{ Dimension('{dimension}') }}}}"
    # MetricFlow reads the condition as a template, in which a value must not mean anything.
    if any(mark in value for value in condition.values for mark in ("{", "}")):
        raise Unanswerable("a value of a condition holds a brace, which no dimension does")
    return condition.sql(column)


def _at(day: date | None) -> datetime | None:
    return datetime.combine(day, time()) if day else None


def _key(value: object) -> str:
    if isinstance(value, datetime):
        value = value.date()
    return "none" if value is None else str(value)


def _value(metric: Metric, parts: tuple[int, ...], records: int) -> Decimal | None:
    if metric.unit == "days" and not records:
        return None
    if len(parts) == 1:
        return Decimal(parts[0])
    numerator, denominator = parts
    return Decimal(numerator) * _SCALE[metric.unit] / denominator if denominator else None
