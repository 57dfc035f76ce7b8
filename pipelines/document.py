"""`make docs`: the part of docs/metrics.md that is made from the definitions of the metrics."""

from __future__ import annotations

from pathlib import Path

from assets.manifest import manifest
from tieout.metrics import Catalogue, Metric

PAGE = Path(__file__).parents[1] / "docs" / "metrics.md"
_BEGIN, _END = "<!-- made from the definitions: make docs -->\n", "<!-- end -->\n"
_UNITS = {
    "money": "reporting currency",
    "bps": "basis points",
    "percent": "%",
    "per_million": "per 1M of volume",
    "per_payment": "reporting currency per payment",
    "days": "days",
    "count": "number",
}


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(written(PAGE.read_text()))


def written(page: str) -> str:
    """The page with its made part as the definitions are now."""
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return before + _BEGIN + _tables() + _END + after


def _tables() -> str:
    catalogue = Catalogue(manifest().with_name("semantic_manifest.json"))
    groups: dict[str, list[Metric]] = {}
    for metric in catalogue:
        groups.setdefault(catalogue.source(metric), []).append(metric)
    return "".join(_table(catalogue, title, metrics) for title, metrics in groups.items())


def _table(catalogue: Catalogue, title: str, metrics: list[Metric]) -> str:
    cuts = ", ".join((*catalogue.grains(metrics[0]), *catalogue.dimensions(metrics[0])))
    lines = [
        f"\n### {title}",
        f"By {cuts}.\n",
        "| metric | what it is | formula | unit | example |",
        "|---|---|---|---|---|",
    ]
    for metric in metrics:
        cells = (
            f"`{metric.name}`",
            metric.description,
            metric.formula,
            _UNITS[metric.unit],
            metric.example or "",
        )
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
