"""Views that people saved: a page with what is chosen on it, under a name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from tieout.decisions.database import Database
from tieout.settings import Workspace

_NAME_LONGEST = 60  # characters
_MOST = 200  # views of one person

_metadata = sa.MetaData()
_VIEWS = sa.Table(
    "saved_views",
    _metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("page", sa.Text, nullable=False),
    sa.Column("chosen", sa.Text, nullable=False),
    sa.Column("is_shared", sa.Boolean, nullable=False),
)


class ViewRefused(Exception):
    """A view cannot be saved; the message says why."""


@dataclass(frozen=True)
class SavedView:
    """A page, and the parameters of its address. A shared one is offered to everybody.

    It holds no figures: whoever opens it sees what they may see, in the edition of that moment.
    """

    owner: str
    name: str
    page: str
    chosen: Mapping[str, str]
    is_shared: bool = False


class SavedViews:
    """The views of one workspace, beside its decisions. A view is no decision: it may go again."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def of(cls, workspace: Workspace) -> SavedViews:
        """The store that the configuration names: a file of the workspace, or PostgreSQL."""
        return cls(Database.of(workspace, workspace.views, "saved views"))

    def offered_to(self, person: str) -> list[SavedView]:
        """Their own views, then those that others share, each by name."""
        if self.database.is_unused:
            return []
        with self.database.transaction() as connection:
            _metadata.create_all(connection)
            rows = connection.execute(
                sa.select(_VIEWS).where(sa.or_(_VIEWS.c.owner == person, _VIEWS.c.is_shared))
            ).mappings()
            found = [SavedView(**{**row, "chosen": json.loads(row["chosen"])}) for row in rows]
        return sorted(found, key=lambda v: (v.owner != person, v.name.casefold(), v.name, v.owner))

    def save(self, view: SavedView) -> None:
        """Keep a view; it takes the place of the owner's view of the same name.

        `ViewRefused` where it has no name or too long a one, or the owner has too many.
        """
        name = " ".join(view.name.split())
        if not name or len(name) > _NAME_LONGEST:
            raise ViewRefused(f"A view needs a name of at most {_NAME_LONGEST} characters.")
        with self.database.transaction() as connection:
            _metadata.create_all(connection)
            _remove(connection, view.owner, name)
            count = sa.select(sa.func.count()).where(_VIEWS.c.owner == view.owner)
            if connection.execute(count).scalar_one() >= _MOST:
                raise ViewRefused(f"You have {_MOST} views; remove one that you no longer need.")
            chosen = json.dumps(dict(view.chosen), sort_keys=True)
            values = {**vars(view), "name": name, "chosen": chosen}
            connection.execute(_VIEWS.insert().values(**values))

    def remove(self, owner: str, name: str) -> None:
        """Take a view of theirs away; nothing happens where there is none."""
        if self.database.is_unused:
            return
        with self.database.transaction() as connection:
            _metadata.create_all(connection)
            _remove(connection, owner, name)


def _remove(connection: sa.Connection, owner: str, name: str) -> None:
    chosen = sa.and_(_VIEWS.c.owner == owner, _VIEWS.c.name == name)
    connection.execute(_VIEWS.delete().where(chosen))
