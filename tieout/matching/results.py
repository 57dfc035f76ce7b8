"""What a run of keyless matching gives: tables without floating-point numbers."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from tieout.matching.decoys import DecoyReport

PAIRS = pa.schema(
    [
        pa.field("left_id", pa.string(), nullable=False),
        pa.field("right_id", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),  # matched or suggested
        pa.field("reason", pa.string()),  # why it is only suggested
        pa.field("probability_ppm", pa.int64(), nullable=False),
        pa.field("lag_days", pa.int64(), nullable=False),
        pa.field("difference_minor", pa.int64(), nullable=False),  # right minus left
        # Evidence in thousandths of a bit: 1,000 doubles the odds.
        pa.field("lag_millibits", pa.int64(), nullable=False),
        pa.field("amount_millibits", pa.int64(), nullable=False),
        pa.field("memo_millibits", pa.int64(), nullable=False),
        pa.field("prior_millibits", pa.int64(), nullable=False),
        pa.field("candidate_count_left", pa.int64(), nullable=False),
        pa.field("candidate_count_right", pa.int64(), nullable=False),
        pa.field("runner_up_right_id", pa.string()),  # the left line's next best partner
        pa.field("runner_up_right_ppm", pa.int64()),
        pa.field("runner_up_left_id", pa.string()),  # the right line's next best partner
        pa.field("runner_up_left_ppm", pa.int64()),
    ]
)

LINES = pa.schema(
    [
        pa.field("side", pa.string(), nullable=False),  # left or right
        pa.field("line_id", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),  # matched, suggested or unmatched
        pa.field("reason", pa.string()),  # of everything that is not matched
        pa.field("candidate_count", pa.int64(), nullable=False),
    ]
)

PARAMETERS = pa.schema(
    [
        pa.field("parameter", pa.string(), nullable=False),
        pa.field("level", pa.string(), nullable=False),
        pa.field("value", pa.int64(), nullable=False),
        pa.field("unit", pa.string(), nullable=False),
    ]
)

TWIN = "another line says exactly the same"
ZERO = "the amount is zero"
TOO_MANY = "too many lines start alike to compare them"
NO_CANDIDATE = "no candidate"
NOT_BEST = "its candidates are unlikely or belong to other lines"
TOO_FEW = "too few lines to learn from"
BELOW_CUT = "the probability is below the cut"


@dataclass(frozen=True)
class Matching:
    """The result: pairs (one row a matched or suggested pair), lines (one row a line and side),
    parameters (everything learnt), and what the decoys say."""

    pairs: pa.Table
    lines: pa.Table
    parameters: pa.Table
    decoys: DecoyReport
