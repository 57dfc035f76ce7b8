"""The questions that pages ask of an edition, one module for each page."""
