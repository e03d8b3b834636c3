"""Fixtures that every test may ask for."""

import os
import shutil
import socket
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from aws_program import running_aws_program
from moto_server import OTHER_ACCOUNT_ID, MotoServer, running_moto_server
from patience import PATIENCE
from stand_access import Agreement
from stand_server import SHARED, Stand, running_stand
from stub_aws import StubAws
from workspace import SETTINGS, SLOW, Workspace


# The checkers of others are large, and run at full length alone.
collect_ignore = [] if SLOW else ["test_checkers.py"]


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Put the tests with a stand first, those of one stand side by side: each worker takes neighbours, and deploys fewer stands."""

    def place(item: pytest.Function) -> tuple[bool, str]:
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        settings = parameters.get("stand") or ("documented" if "bare" in item.fixturenames else "")
        return not settings, settings

    items.sort(key=place)


@pytest.fixture(scope="session", autouse=True)
def _machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a machine's user has set up or kept for git and racestack is none of the tests' business.

    Nor is a script in the place of `python3` that looks for the version to run, for a fifth of a second each time.
    """
    programs = tmp_path_factory.mktemp("programs")
    (programs / "python3").symlink_to(os.path.realpath(sys.executable))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(programs), prepend=os.pathsep)
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def moto_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server of this run writes its errors."""
    return tmp_path_factory.mktemp("moto") / "server.log"


@pytest.fixture(scope="session")
def aws_program() -> Iterator[Path | None]:
    """The folder of an `aws` that is loaded already; none in a run at full length, where each `aws` starts anew."""
    if SLOW:
        yield None
        return
    with running_aws_program() as folder:
        yield folder


@pytest.fixture(scope="session")
def moto_server(moto_log: Path, aws_program: Path | None) -> Iterator[MotoServer]:
    """The server of this run."""
    with running_moto_server(moto_log, programs=aws_program) as server:
        yield server


@pytest.fixture(scope="session")
def other_server(tmp_path_factory: pytest.TempPathFactory, aws_program: Path | None) -> Iterator[MotoServer]:
    """A server of another account."""
    log = tmp_path_factory.mktemp("moto") / "other.log"
    with running_moto_server(log, account_id=OTHER_ACCOUNT_ID, programs=aws_program) as server:
        yield server


def empty(server: MotoServer) -> None:
    """Take everything out of an account."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(f"{server.endpoint}/moto-api/reset", data=b"", timeout=PATIENCE).close()


@pytest.fixture
def other_moto(other_server: MotoServer) -> MotoServer:
    """Another account, `OTHER_ACCOUNT_ID`, empty."""
    empty(other_server)
    return other_server


@pytest.fixture
def moto(moto_server: MotoServer, moto_log: Path) -> Iterator[MotoServer]:
    """An empty account for one test. A fault of the server itself fails the test."""
    empty(moto_server)
    before = moto_log.stat().st_size
    yield moto_server
    written = moto_log.read_text()[before:]
    assert "Traceback" not in written, f"the moto server failed:\n{written}"


@pytest.fixture(scope="session")
def stands(
    tmp_path_factory: pytest.TempPathFactory, aws_program: Path | None
) -> Iterator[Callable[[str], tuple[Stand, Agreement]]]:
    """The stands of this run by their settings, each deployed when a test asks for it first."""
    running: dict[str, tuple[Stand, Agreement]] = {}
    with ExitStack() as stack:

        def stand(settings: str) -> tuple[Stand, Agreement]:
            if settings not in running:
                made = running_stand(tmp_path_factory.mktemp("stand"), f"{settings}services: []\n", aws_program)
                running[settings] = (stack.enter_context(made), Agreement())
            return running[settings]

        yield stand


# Each stand deploys an account of its own; both profiles at full length, the default one in short.
PROFILES = ["hardened", "documented"] if SLOW else ["hardened"]


@pytest.fixture(params=PROFILES)
def stand(
    request: pytest.FixtureRequest, stands: Callable[[str], tuple[Stand, Agreement]]
) -> Iterator[Stand]:
    """A stand with these settings (a key of `SETTINGS` or `SHARED`). What its map does not know fails the test, and so does a decision
    that racestack's own evaluator makes otherwise."""
    made, agreement = stands((SETTINGS | SHARED)[request.param])
    before = len(made.entries())
    yield made
    entries = made.entries()[before:]
    faults = [f"{entry['operation']}: {entry['reason']}" for entry in entries if entry["outcome"] == "fault"]
    assert faults == []
    assert agreement.disagreements(made, entries) == []


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address and port of this machine where nobody answers, nor comes to while the test runs."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """An account of three people and four stacks, in a folder with a blank, for the tests with a stub of the AWS CLI."""
    made = Workspace(tmp_path_factory.mktemp("original") / "the account", SETTINGS["hardened"] + "services: []\n")
    made.write(({"name": "sato.hana"}, {"name": "taro-kun"}, {"name": "mei"}))
    made.synth()
    return made


@pytest.fixture
def account(original: Workspace, tmp_path: Path) -> Workspace:
    """A copy of it for one test."""
    shutil.copytree(original.root, tmp_path / "the account")
    return Workspace(tmp_path / "the account", original.settings)


@pytest.fixture
def aws(tmp_path: Path) -> StubAws:
    """An `aws` that knows no stack yet."""
    return StubAws.make(tmp_path / "stub")


# The settings that bring the most kinds of resources. What holds whatever is deployed is tried with the others at full length alone.
BROAD = list(SETTINGS) if SLOW else ["operations"]
# With the others that bring kinds of resources, which these do not.
MOST = list(SETTINGS) if SLOW else ["own keys and network", "operations"]


@pytest.fixture(params=SETTINGS)
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Workspace:
    """The generated account of three people, once for each of the settings."""
    made = Workspace(tmp_path, SETTINGS[request.param])
    made.write()
    made.synth()
    return made
