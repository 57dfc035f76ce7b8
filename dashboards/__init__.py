"""The dashboards: what finance reads. They know the library and nothing of how it is run."""
