"""The server: for this machine alone, or for who signs in; never for others without sign-in."""

from __future__ import annotations

import tomllib

import pytest
from typer.testing import CliRunner

from dashboards.serving import secrets, serve
from pipelines.cli import app
from tests.test_access import RULES
from tieout.access import SignIn
from tieout.settings import ConfigurationError, Workspace

SIGN_IN = SignIn.model_validate(RULES)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.7", "", "books.example.com"])
def test_without_sign_in_no_other_address_is_served(address: str, workspace: Workspace) -> None:
    with pytest.raises(ConfigurationError, match=r"configure \[sign_in\] in .*tieout\.toml"):
        serve(workspace, address, 8501)


def test_the_command_says_what_to_configure(workspace: Workspace) -> None:
    arguments = ["dashboard", "--home", str(workspace.home), "--address", "0.0.0.0"]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, ConfigurationError)


def test_secrets_come_from_the_environment() -> None:
    told = secrets(SIGN_IN, {"A": 'a "quoted" \\ secret', "B": "b" * 32})
    assert tomllib.loads(told)["auth"] == {
        "redirect_uri": "https://tieout.example.com/oauth2callback",
        "cookie_secret": "b" * 32,
        "client_id": "tieout",
        "client_secret": 'a "quoted" \\ secret',
        "server_metadata_url": "https://login.example.com/.well-known/openid-configuration",
    }


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"B": "b" * 32}, "variable A"),
        ({"A": "a"}, "variable B"),
        ({"A": "a", "B": "b"}, "shorter"),
    ],
)
def test_a_secret_that_is_missing_or_weak_is_named(environment: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        secrets(SIGN_IN, environment)
