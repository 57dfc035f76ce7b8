"""Dagster assets: what exists, one module a stage of the road. How and when is in `pipelines`."""
