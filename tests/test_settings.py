from datetime import date
from pathlib import Path

import pytest

from tieout.settings import ConfigurationError, Workspace


def test_a_new_workspace_is_valid_and_is_not_made_twice(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, reporting_currency="EUR", as_of="2026-01-31")
    settings = Workspace.open(tmp_path).settings()
    assert settings.reporting_currency == "EUR"
    assert settings.as_of_date() == date(2026, 1, 31)
    assert workspace.inbox.is_dir()
    with pytest.raises(ConfigurationError, match="exists already"):
        Workspace.create(tmp_path, reporting_currency="EUR", as_of="today")


def test_a_folder_that_is_no_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="tieout init"):
        Workspace.open(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('reporting_currency = "USD"', "", "reporting_currency"),
        ('reporting_currency = "USD"', 'reporting_currency = "XXQ"', "XXQ"),
        ('as_of = "latest"', 'as_of = "yesterday"', "as_of"),
        ('as_of = "latest"', 'as_of = "latest"\ncolour = "red"', "colour"),
        ('as_of = "latest"', "as_of = ", "TOML"),
        (
            'as_of = "latest"',
            'as_of = "latest"\n[[files]]\nfiles = "x"\nformat = "stripes"\nsource = "s"\n',
            "stripe_payout_reconciliation",
        ),
        (
            'as_of = "latest"',
            'as_of = "latest"\n[[databases]]\nsource = "c"\nuri_env = "U"\noverlap_minutes = 1\n'
            'tables = {bank_lines = "x"}',
            "bank_lines",
        ),
    ],
)
def test_a_wrong_key_is_named(workspace: Workspace, old: str, new: str, named: str) -> None:
    text = workspace.config.read_text()
    assert old in text
    workspace.config.write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigurationError, match=named):
        workspace.settings()


@pytest.mark.parametrize("name", ["books [2026]", "a=b", "50%20", "$home", "tab\tbed"])
def test_a_path_that_libraries_would_take_amiss_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be a workspace, since its path has"):
        Workspace.create(tmp_path / name, reporting_currency="USD", as_of="latest")
    assert not (tmp_path / name).exists()
    usual = tmp_path / "wör'k & {co} #1"
    Workspace.create(usual, reporting_currency="USD", as_of="latest")
    usual.rename(tmp_path / name)
    with pytest.raises(ConfigurationError, match="rename the folder"):
        Workspace.open(tmp_path / name)


@pytest.mark.parametrize(
    ("says", "named"),
    [
        ('left_out = "a test"\nformat = "bai2"', "files that are left_out need no format"),
        ('left_out = " "', "why they are left_out"),
        ('format = "bai2"', "say the format and the source"),
    ],
)
def test_a_rule_says_what_files_are_or_why_they_are_left_out(
    workspace: Workspace, says: str, named: str
) -> None:
    with workspace.config.open("a") as config:
        config.write(f'[[files]]\nfiles = "x"\n{says}\n')
    with pytest.raises(ConfigurationError, match=named):
        workspace.settings()


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ([("camt_053", "true")], "camt_053 is of a period"),
        ([("own_payments", "true"), ("own_payments", "false")], "all full exports or none is"),
    ],
)
def test_what_cannot_be_a_full_export_is_said(
    workspace: Workspace, rules: list[tuple[str, str]], named: str
) -> None:
    with workspace.config.open("a") as config:
        for name, full_export in rules:
            config.write(
                f'[[files]]\nfiles = "x"\nformat = "{name}"\nsource = "s"\n'
                f"full_export = {full_export}\n"
            )
    with pytest.raises(ConfigurationError, match=named):
        workspace.settings()


def test_what_is_left_out_comes_first(workspace: Workspace) -> None:
    with workspace.config.open("a") as config:
        for more in ('format = "bai2"\nsource = "b"', 'left_out = "a test"'):
            config.write(f'[[files]]\nfiles = "x"\n{more}\n')
    rules = workspace.settings().file_rules
    assert [rule.left_out for rule in rules if rule.files == "x"] == ["a test", ""]
