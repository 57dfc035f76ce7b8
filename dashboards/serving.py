"""The server of the dashboards: its command, and the secrets that Streamlit's sign-in reads."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

from tieout.access import SignIn
from tieout.settings import ConfigurationError, Workspace

FOLDER = Path(__file__).parent
_SHORTEST_SECRET = 32  # characters: whoever guesses it can sign in as anybody


def serve(workspace: Workspace, address: str, port: int) -> int:
    """Serve a workspace until interrupted; returns the exit code.

    `ConfigurationError` where others could reach it and nobody would have to sign in.
    """
    sign_in = workspace.settings().sign_in
    if sign_in is None and not is_loopback(address):
        raise ConfigurationError(
            f"without sign-in the dashboards are served to this machine only, not on {address}: "
            f"configure [sign_in] in {workspace.config} (see docs/access.md), or leave out "
            "--address"
        )
    # So that a server that is told to stop takes its secrets with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="tieout-") as folder:
        # What the server puts aside, as the rows of a scope, goes with it too.
        environment = {**os.environ, "TIEOUT_HOME": str(workspace.home), "TMPDIR": folder}
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        command += [f"--server.address={address}", f"--server.port={port}"]
        if sign_in:
            # The folder is this user's alone, and gone with the server.
            path = Path(folder) / "secrets.toml"
            path.write_text(secrets(sign_in, os.environ), encoding="utf-8")
            command += [f"--secrets.files={path}"]
        try:
            return subprocess.run(command, env=environment, cwd=FOLDER, check=False).returncode
        except KeyboardInterrupt:
            return 0


def secrets(sign_in: SignIn, environment: Mapping[str, str]) -> str:
    """What Streamlit reads to sign people in, as TOML.

    `ConfigurationError` names the environment variable that is missing or too short.
    """
    cookie = _secret(sign_in.cookie_secret_env, environment)
    if len(cookie) < _SHORTEST_SECRET:
        raise ConfigurationError(
            f"{sign_in.cookie_secret_env} is shorter than {_SHORTEST_SECRET} characters: "
            "set it to the output of, for example, openssl rand -hex 32"
        )
    auth = {
        "redirect_uri": f"{sign_in.address}/oauth2callback",
        "cookie_secret": cookie,
        "client_id": sign_in.client_id,
        "client_secret": _secret(sign_in.client_secret_env, environment),
        "server_metadata_url": sign_in.provider,
    }
    # A string of JSON is a string of TOML.
    return "[auth]\n" + "".join(f"{name} = {json.dumps(text)}\n" for name, text in auth.items())


def _secret(name: str, environment: Mapping[str, str]) -> str:
    if not environment.get(name):
        raise ConfigurationError(f"the environment variable {name} of [sign_in] is not set")
    return environment[name]


def is_loopback(address: str) -> bool:
    """Whether an address can be reached from this machine only."""
    try:
        return address == "localhost" or ip_address(address).is_loopback
    except ValueError:
        return False
