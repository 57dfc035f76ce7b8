"""People's decisions on breaks: who may decide what, where it is kept, how it reaches the run.

A `Desk` takes decisions and holds every rule; a `DecisionStore` keeps them and only grows;
`land_decisions` hands them to the run. Import them from their modules: SQLAlchemy takes a while,
and most commands need none of it.
"""
