"""The fuzzy pass, over what the passes by key and by sum have left: see tieout/matching.

Grain: one pair of items that was matched or is suggested. A function of the residue alone, in any
order; a person reads why in the evidence columns.
"""

import pyarrow as pa
import pyarrow.compute as pc

from tieout.matching import keyless
from tieout.matching.results import PAIRS


def model(dbt, session):
    """One row a pair: the leg, the keys of both items, and the evidence of `keyless.match`."""
    dbt.config(materialized="table")
    unpaired = dbt.ref("int_unpaired").to_arrow_table()
    blocks = unpaired.group_by(["leg", "processor"]).aggregate([]).to_pylist()
    pairs = [PAIRS.empty_table().add_column(0, "leg", pa.array([], pa.string()))]
    for block in sorted(blocks, key=lambda block: (block["leg"], block["processor"])):
        left, right = (_side(unpaired, {**block, "side": side}) for side in ("left", "right"))
        found = keyless.match(left, right).pairs
        pairs.append(found.add_column(0, "leg", pa.repeat(block["leg"], len(found))))
    return pa.concat_tables(pairs)


def _side(unpaired: pa.Table, chosen: dict[str, str]) -> pa.Table:
    for name, value in chosen.items():
        unpaired = unpaired.filter(pc.equal(unpaired[name], value))
    return unpaired.select(keyless.SCHEMA.names)
