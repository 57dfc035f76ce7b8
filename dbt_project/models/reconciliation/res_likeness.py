"""The fuzzy pass, over what the passes by key and by sum have left: see tieout/matching.

Grain: one leg and processor, whose lines compete with each other and with no others. A function
of the residue alone, in any order. What it found, what it looked at and left, what it learnt and
what became of its decoys are lists, which models in SQL spread out.
"""

import pyarrow as pa
import pyarrow.compute as pc

from tieout.matching import keyless
from tieout.matching.results import LINES, PAIRS, PARAMETERS

SCHEMA = pa.schema(
    [
        pa.field("leg", pa.string()),
        pa.field("processor", pa.string()),
        pa.field("left_lines", pa.int64()),
        pa.field("right_lines", pa.int64()),
        pa.field("pairs", pa.list_(pa.struct(PAIRS))),
        pa.field("lines", pa.list_(pa.struct(LINES))),
        pa.field("parameters", pa.list_(pa.struct(PARAMETERS))),
        pa.field("decoys_planted", pa.int64()),
        pa.field("decoys_accepted", pa.int64()),
        pa.field("lines_without_partner", pa.int64()),
        pa.field("estimated_false_matches", pa.int64()),
    ]
)


def model(dbt, session):
    """One row a leg and processor with lines that are left, in a stable order."""
    dbt.config(materialized="table")
    unpaired = dbt.ref("int_unpaired").to_arrow_table()
    blocks = unpaired.group_by(["leg", "processor"]).aggregate([]).to_pylist()
    rows = []
    for block in sorted(blocks, key=lambda block: (block["leg"], block["processor"])):
        left, right = (_side(unpaired, {**block, "side": side}) for side in ("left", "right"))
        found = keyless.match(left, right)
        rows.append(
            {
                **block,
                "left_lines": len(left),
                "right_lines": len(right),
                "pairs": found.pairs.to_pylist(),
                "lines": found.lines.to_pylist(),
                "parameters": found.parameters.to_pylist(),
                "decoys_planted": found.decoys.planted,
                "decoys_accepted": found.decoys.accepted,
                "lines_without_partner": found.decoys.lines_without_partner,
                "estimated_false_matches": found.decoys.estimated_false_matches,
            }
        )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _side(unpaired: pa.Table, chosen: dict[str, str]) -> pa.Table:
    for name, value in chosen.items():
        unpaired = unpaired.filter(pc.equal(unpaired[name], value))
    return unpaired.select(keyless.SCHEMA.names)
