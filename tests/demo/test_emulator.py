"""The emulator serves on loopback, leaves nothing running, and the environment comes back as it was."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from urllib.parse import urlsplit

import pytest
import requests

from audit.demo.emulator import emulator, environment, settings
from audit.errors import UsageError
from tests.threads import left_since


def test_serves_until_the_block_ends() -> None:
    """Within the block it answers, after it the port is closed and its threads are gone."""
    before = set(threading.enumerate())
    with emulator() as endpoint:
        assert requests.get(f"{endpoint}/moto-api/data.json", timeout=10).status_code == 200
    port = urlsplit(endpoint).port
    assert port is not None
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert left_since(before) == []


def test_ends_well_where_the_block_fails() -> None:
    """A fault inside takes the server down too."""
    before = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt), emulator():
        raise KeyboardInterrupt
    assert left_since(before) == []


def test_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    """Neither a banner nor a request log mixes with the audit's own output."""
    with emulator() as endpoint:
        requests.get(f"{endpoint}/no/such/page", timeout=10)
    assert capfd.readouterr() == ("", "")


def test_refuses_a_port_that_is_taken() -> None:
    """One line names the port and the way out; the process goes on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=rf"port {port} of 127\.0\.0\.1: .*; give another one"), emulator(port):
            pass


def test_says_which_extra_is_missing() -> None:
    """Without moto, the error says how to get it: tried in a process whose moto cannot be found."""
    code = (
        "import sys; sys.modules['moto'] = None\n"
        "from audit.demo.emulator import emulator\n"
        "from audit.errors import UsageError\n"
        "try:\n    emulator().__enter__()\n"
        "except UsageError as error:\n    print(error.exit_code, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("4 the demo needs the extra 'demo' (")
    assert "install pipelines-audit[demo] from where" in done.stdout
    assert done.stderr == ""


def test_environment_is_replaced_and_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of AWS and options of ours don't reach the demo, and come back after it."""
    monkeypatch.setenv("AWS_PROFILE", "your-prod")
    monkeypatch.setenv("AWS_ENDPOINT_URL_ECS", "http://ecs.example.com")
    monkeypatch.setenv("PIPELINES_AUDIT_OFFLINE", "0")
    monkeypatch.setenv("NO_PROXY", "example.com")
    before = dict(os.environ)
    with environment(settings("http://127.0.0.1:1")):
        assert {name for name in os.environ if name.startswith(("AWS_", "PIPELINES_AUDIT_"))} == {
            "AWS_ACCESS_KEY_ID",
            "AWS_CONFIG_FILE",
            "AWS_EC2_METADATA_DISABLED",
            "AWS_ENDPOINT_URL",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SHARED_CREDENTIALS_FILE",
        }
        assert os.environ["NO_PROXY"] == "127.0.0.1"
    assert dict(os.environ) == before


def test_environment_is_put_back_after_a_fault() -> None:
    """An interrupted demo leaves no setting behind."""
    before = dict(os.environ)
    with pytest.raises(KeyboardInterrupt), environment(settings("http://127.0.0.1:1")):
        raise KeyboardInterrupt
    assert dict(os.environ) == before
