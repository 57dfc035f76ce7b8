"""Negative controls: known errors in a shadow copy, to see whether the platform notices them.

`catalogue` says what each control does and what must notice it, `trials` chooses the records,
`planting` writes the shadow's canonical files, `verdict` compares the shadow's results with those
of the edition, `record` keeps what came of it.
"""

from tieout.controls.catalogue import CONTROLS, Control, How
from tieout.controls.planting import plant
from tieout.controls.record import ControlsRun, Result, Trial, append, history
from tieout.controls.trials import Build, Plan, make_plan, take_stock
from tieout.controls.verdict import Baseline, Verdict, baseline_of, judge

__all__ = [
    "CONTROLS",
    "Baseline",
    "Build",
    "Control",
    "ControlsRun",
    "How",
    "Plan",
    "Result",
    "Trial",
    "Verdict",
    "append",
    "baseline_of",
    "history",
    "judge",
    "make_plan",
    "plant",
    "take_stock",
]
