"""What metrics there are, read from dbt's semantic manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tieout.metrics.question import Unanswerable

if TYPE_CHECKING:
    from metricflow.engine.metricflow_engine import MetricFlowEngine

GRAINS = ("day", "week", "month", "quarter", "year")
_TIME = "metric_time"


@dataclass(frozen=True)
class Metric:
    """One metric. `unit` is money (minor units of the reporting currency), bps, percent,
    per_million (units of money on a million of money), per_payment (minor units), days or count.

    `parts` are the metrics it is made of: itself, or numerator and denominator. `records` is the
    metric that counts the records behind it.
    """

    name: str
    label: str
    description: str
    unit: str
    formula: str
    records: str
    parts: tuple[str, ...]
    example: str | None = None


class Catalogue:
    """The metrics of a semantic manifest; `Unanswerable` where no run has made one yet."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise Unanswerable("no run has defined metrics here yet; make one with: tieout run")
        from metricflow_semantic_interfaces.implementations.semantic_manifest import (
            PydanticSemanticManifest,
        )

        self._manifest = PydanticSemanticManifest.parse_raw(path.read_bytes())
        metrics = (_metric(found) for found in self._manifest.metrics)
        self._metrics = {metric.name: metric for metric in sorted(metrics, key=lambda m: m.name)}

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._metrics.values())

    def __getitem__(self, name: str) -> Metric:
        """A metric by its name; `Unanswerable` names those that it could have been."""
        if name in self._metrics:
            return self._metrics[name]
        near = get_close_matches(name, self._metrics, n=3, cutoff=0.5)
        hint = f"; did you mean {', '.join(near)}?" if near else "."
        raise Unanswerable(f"there is no metric {name!r}{hint} List them with: tieout metric")

    @cached_property
    def engine(self) -> MetricFlowEngine:
        """MetricFlow on these definitions, for SQL that reads an edition."""
        from metricflow.engine.metricflow_engine import MetricFlowEngine
        from metricflow_semantic_interfaces.transformations import semantic_manifest_transformer
        from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

        from tieout.metrics.dialect import DuckDb

        transformer = semantic_manifest_transformer.PydanticSemanticManifestTransformer
        manifest = transformer.transform(self._manifest)
        for model in manifest.semantic_models:
            # Without dbt's warehouse: the SQL runs on an edition.
            model.node_relation.relation_name = f"main.{model.node_relation.alias}"
        return MetricFlowEngine(SemanticManifestLookup(manifest), DuckDb())

    def source(self, metric: Metric) -> str:
        """The table that a metric is made of, or those of a ratio of two."""
        measured = {
            measure.name: model.node_relation.alias
            for model in self._manifest.semantic_models
            for measure in model.measures
        }
        of = {found.name: found.type_params.measure for found in self._manifest.metrics}
        found = (of[part] for part in metric.parts)
        return ", ".join(dict.fromkeys(f"`{measured[m.name]}`" for m in found if m))

    def dimensions(self, metric: Metric) -> dict[str, str]:
        """What a metric can be cut by: MetricFlow's name of each dimension by its short name."""
        found = self.engine.simple_dimensions_for_metrics([*metric.parts])
        names = sorted(d.dunder_name for d in found if d.type.value == "categorical")
        return {name.rsplit("__", 1)[-1]: name for name in names}

    def grains(self, metric: Metric) -> tuple[str, ...]:
        """The grains of time in which a metric can be asked for, finest first."""
        found = self.engine.simple_dimensions_for_metrics([*metric.parts])
        own = [d.dunder_name for d in found if d.dunder_name.startswith(_TIME)]
        finest = max(GRAINS.index(name.rsplit("__", 1)[-1]) for name in own)
        return GRAINS[finest:]


def _metric(found: Any) -> Metric:
    meta, parameters = found.config.meta, found.type_params
    parts: tuple[str, ...] = (found.name,)
    if parameters.numerator is not None:
        parts = (parameters.numerator.name, parameters.denominator.name)
    return Metric(
        name=found.name,
        label=found.label,
        description=found.description.strip(),
        unit=meta["unit"],
        formula=meta["formula"],
        records=meta["records"],
        parts=parts,
        example=meta.get("example"),
    )
