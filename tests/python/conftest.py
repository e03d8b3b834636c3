"""Fixtures that every test may ask for."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from moto_server import MotoServer, running_moto_server
from workspace import SETTINGS, Workspace


@pytest.fixture(scope="session")
def moto_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server of this run writes its errors."""
    return tmp_path_factory.mktemp("moto") / "server.log"


@pytest.fixture(scope="session")
def moto_server(moto_log: Path) -> Iterator[MotoServer]:
    """The server of this run."""
    with running_moto_server(moto_log) as server:
        yield server


@pytest.fixture
def moto(moto_server: MotoServer, moto_log: Path) -> Iterator[MotoServer]:
    """An empty account for one test. A fault of the server itself fails the test."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(f"{moto_server.endpoint}/moto-api/reset", data=b"", timeout=30).close()
    before = moto_log.stat().st_size
    yield moto_server
    written = moto_log.read_text()[before:]
    assert "Traceback" not in written, f"the moto server failed:\n{written}"


@pytest.fixture(params=SETTINGS)
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Workspace:
    """The generated account of three people, once for each of the settings."""
    made = Workspace(tmp_path, SETTINGS[request.param])
    made.write()
    made.synth()
    return made
