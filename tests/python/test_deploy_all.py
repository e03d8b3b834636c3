"""What deploy-all.sh refuses before it deploys anything."""

import shutil
from pathlib import Path

import pytest

from stub_aws import StubAws
from workspace import SETTINGS, Workspace

SCRIPT = Path(__file__).parents[2] / "templates" / "init" / "deploy-all.sh"


@pytest.fixture
def account(tmp_path: Path) -> Workspace:
    """An account of one person."""
    made = Workspace(tmp_path / "the account", SETTINGS["hardened"] + "services: []\n")
    made.write(({"name": "mei"},))
    made.synth()
    return made


@pytest.fixture
def aws(tmp_path: Path) -> StubAws:
    """An `aws` that knows no stack yet."""
    return StubAws.make(tmp_path / "stub")


def test_all_accounts_are_deployed(account: Workspace, aws: StubAws) -> None:
    finished = aws.run(SCRIPT, "--jobs", "2", OUT=str(account.root / "out"))
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stdout.endswith("tokyo: done\n1 accounts, 0 failed\n")


@pytest.mark.parametrize("is_configured", [False, True])
def test_the_folder_of_a_renamed_account_is_named(account: Workspace, aws: StubAws, is_configured: bool) -> None:
    shutil.copytree(account.out, account.root / "out" / "edo")
    if is_configured:
        (account.root / "config" / "accounts" / "edo").mkdir()
    finished = aws.run(SCRIPT, OUT=str(account.root / "out"))
    assert (finished.returncode, finished.stdout, aws.asked()) == (2, "", [])
    out = account.root / "out"
    said = f"{out}/edo and {out}/tokyo deploy the same account and region" if is_configured else f"{out}/edo is no configured account"
    assert said in finished.stderr


@pytest.mark.parametrize("at_once", ["0", "x", "08", "-1"])
def test_how_many_at_once_is_a_number_from_1(account: Workspace, aws: StubAws, at_once: str) -> None:
    finished = aws.run(SCRIPT, OUT=str(account.root / "out"), AT_ONCE=at_once)
    assert (finished.returncode, aws.asked()) == (2, [])
    assert f"AT_ONCE is a number from 1, not '{at_once}'" in finished.stderr and "usage: bash deploy-all.sh" in finished.stderr


@pytest.mark.parametrize("options", [["--only", ""], ["--only="]])
def test_an_option_that_says_nothing_is_misuse(account: Workspace, aws: StubAws, options: list[str]) -> None:
    finished = aws.run(SCRIPT, *options, OUT=str(account.root / "out"))
    assert (finished.returncode, aws.asked()) == (2, [])
