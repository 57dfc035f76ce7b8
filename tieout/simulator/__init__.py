"""A payments company's life, simulated as the files it would leave behind, errors included."""

from tieout.simulator.errors import ErrorRates
from tieout.simulator.incidents import INCIDENTS, Incident
from tieout.simulator.months import DEMO_MONTHS, Month, parse_months
from tieout.simulator.simulate import simulate
from tieout.simulator.summary import MonthSummary, Summary

__all__ = [
    "DEMO_MONTHS",
    "INCIDENTS",
    "ErrorRates",
    "Incident",
    "Month",
    "MonthSummary",
    "Summary",
    "parse_months",
    "simulate",
]
