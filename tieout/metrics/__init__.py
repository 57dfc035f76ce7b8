"""Metrics by name: what each one means, and its figure for a question.

The definitions are dbt's semantic models. MetricFlow writes the SQL, which runs on a published
edition. A ratio comes as its two numbers and is divided last, in decimals.
"""

from __future__ import annotations

from tieout.metrics.answer import Answer, Row, ask
from tieout.metrics.catalogue import Catalogue, Metric
from tieout.metrics.question import Condition, Question, Unanswerable

__all__ = ["Answer", "Catalogue", "Condition", "Metric", "Question", "Row", "Unanswerable", "ask"]
