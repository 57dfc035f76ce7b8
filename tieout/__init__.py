"""Tieout's library: pure Python on the ground floor. It knows neither Dagster nor Streamlit."""

__version__ = "0.1.0"
