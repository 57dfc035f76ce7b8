"""The pages. A file is one page, run by the router in ``app.py``."""
