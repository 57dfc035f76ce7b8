"""DuckDB as the platform opens it."""

import yaml

from assets.warehouse import PROJECT
from tieout.engine import connect


def test_no_bar_of_the_engine_stands_among_what_a_command_prints() -> None:
    with connect() as connection:
        assert connection.execute("select current_setting('enable_progress_bar')").fetchone() == (
            False,
        )
    profile = yaml.safe_load((PROJECT.project_dir / "profiles.yml").read_text())
    for output in profile["tieout"]["outputs"].values():
        assert output["settings"]["enable_progress_bar"] is False
