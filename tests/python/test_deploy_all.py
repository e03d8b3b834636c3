"""What deploy-all.sh shows, and what it refuses before it deploys anything."""

import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from patience import PATIENCE
from stub_aws import BASH, StubAws
from workspace import SETTINGS, Workspace

SCRIPT = Path(__file__).parents[2] / "templates" / "init" / "deploy-all.sh"


@pytest.fixture
def account(tmp_path: Path) -> Workspace:
    """An account of one person."""
    made = Workspace(tmp_path / "the account", SETTINGS["hardened"] + "services: []\n")
    made.write(({"name": "mei"},))
    made.synth()
    return made


def test_all_accounts_are_deployed(account: Workspace, aws: StubAws) -> None:
    finished = aws.run(SCRIPT, "--jobs", "2", OUT=str(account.root / "out"))
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stdout.endswith("tokyo: done\n1 account, 0 failed\n")


def test_a_dry_run_says_that_it_changed_nothing(account: Workspace, aws: StubAws) -> None:
    finished = aws.run(SCRIPT, "--dry-run", OUT=str(account.root / "out"))
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stdout.endswith("tokyo: nothing was changed\n1 account, 0 failed\n")


def test_it_finds_out_beside_itself_from_any_folder(account: Workspace, aws: StubAws) -> None:
    script = shutil.copy(SCRIPT, account.root)
    link = aws.folder / "deploy-everything.sh"
    link.symlink_to(script)
    for path in (Path(script), link, Path(link.name)):
        finished = aws.run(path, CDPATH=str(account.root))
        assert finished.returncode == 0, finished.stdout + finished.stderr
        assert finished.stdout.endswith("tokyo: done\n1 account, 0 failed\n")


@pytest.mark.parametrize("options", [["--help"], ["-h"], ["--jobs", "2", "--help"]])
def test_it_has_a_help_of_its_own(aws: StubAws, options: list[str]) -> None:
    finished = aws.run(SCRIPT, *options)
    assert (finished.returncode, finished.stderr, aws.asked()) == (0, "", [])
    assert finished.stdout.startswith("usage: bash deploy-all.sh [--help] [OPTION OF deploy.sh]...")
    for variable in ("OUT", "ACCOUNTS", "PROFILE_PREFIX", "AT_ONCE"):
        assert f"\n  {variable} " in finished.stdout


def test_each_line_is_shown_as_it_comes_with_the_name_of_its_account(account: Workspace, aws: StubAws) -> None:
    aws.stack("users-001", "CREATE_IN_PROGRESS")
    environment = aws.environment | {"OUT": str(account.root / "out"), "RETRY_SECONDS": "1"}
    with subprocess.Popen([BASH, SCRIPT], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        # It waits for ever, and has said so.
        line = running.stdout.readline()
        assert re.match(r"tokyo: +\d+ s  mycompany-deepracer-users-001: is CREATE_IN_PROGRESS", line), line
        running.send_signal(signal.SIGTERM)
        output, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert "tokyo: To continue, run deploy.sh again" in output


def test_the_summary_has_what_failed(account: Workspace, aws: StubAws) -> None:
    aws.stack("access", "ROLLBACK_COMPLETE")
    finished = aws.run(SCRIPT, OUT=str(account.root / "out"))
    assert finished.returncode == 1
    assert finished.stdout.endswith(
        "tokyo: FAILED with 1\n  failed: mycompany-deepracer-access: the stack is ROLLBACK_COMPLETE: "
        "First (AWS::IAM::User): bob already exists\n"
        "  skipped: mycompany-deepracer-users-001 needs mycompany-deepracer-access, which failed\n1 account, 1 failed\n"
    )


def test_the_summary_says_whose_session_has_expired(account: Workspace, aws: StubAws) -> None:
    aws.fault("create-change-set", "An error occurred (ExpiredToken): The security token included in the request is expired")
    finished = aws.run(SCRIPT, "--jobs", "1", OUT=str(account.root / "out"))
    assert finished.returncode == 1
    summary = finished.stdout[finished.stdout.index("tokyo: FAILED with 1") :]
    assert "\n  deploy.sh: the session of the credentials has expired: sign in again, and run deploy.sh again" in summary


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


def test_an_account_that_is_named_twice_is_deployed_by_nobody(account: Workspace, aws: StubAws) -> None:
    finished = aws.run(SCRIPT, OUT=str(account.root / "out"), ACCOUNTS="tokyo tokyo")
    assert (finished.returncode, aws.asked()) == (2, [])
    assert finished.stderr == "deploy-all.sh: ACCOUNTS names tokyo twice: nothing was deployed\n"


@pytest.mark.parametrize("options", [["tokyo"], ["--dry-run", "tokyo"], ["--jobs", "2", "tokyo"], ["--jobs=2", "tokyo"]])
def test_an_account_is_no_option(account: Workspace, aws: StubAws, options: list[str]) -> None:
    finished = aws.run(SCRIPT, *options, OUT=str(account.root / "out"))
    assert (finished.returncode, aws.asked()) == (2, [])
    assert "there is no option 'tokyo'; accounts are named in a variable: ACCOUNTS='tokyo' bash deploy-all.sh" in finished.stderr
    assert finished.stderr.count("usage:") == 1
