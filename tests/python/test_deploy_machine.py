"""What deploy.sh does about the shell, the folder and the machine that it runs on, and about misuse."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from stub_aws import TOOLS, StubAws
from test_deploy_states import changes, deployed
from workspace import REPOSITORY, SETTINGS, Workspace

DEPLOY_ALL = REPOSITORY / "templates" / "init" / "deploy-all.sh"

SHELLS = [shell for shell in ("sh", "dash", "zsh", "busybox sh", "ksh", "mksh", "bash --posix") if shutil.which(shell.split()[0])]


@pytest.mark.parametrize("shell", SHELLS)
def test_another_shell_is_told_to_run_bash(account: Workspace, aws: StubAws, shell: str) -> None:
    finished = aws.run(account.out / "deploy.sh", shell=shell)
    is_bash = subprocess.run([*shell.split(), "-c", 'echo "${BASH_VERSION:-}"'], capture_output=True, text=True, check=True)
    if is_bash.stdout.strip():
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return
    assert (finished.returncode, aws.asked()) == (2, [])
    assert finished.stderr == f"deploy.sh: run with bash: bash {account.out / 'deploy.sh'}\n"


@pytest.mark.parametrize("shell", ["bash", *SHELLS])
@pytest.mark.parametrize("script", ["deploy.sh", "deploy-all.sh"])
def test_line_endings_of_windows_are_told(account: Workspace, aws: StubAws, shell: str, script: str) -> None:
    path = {"deploy.sh": account.out / "deploy.sh", "deploy-all.sh": account.root / "deploy-all.sh"}[script]
    text = (path if path.exists() else DEPLOY_ALL).read_text()
    path.write_bytes(text.replace("\n", "\r\n").encode())
    finished = aws.run(path, shell=shell)
    assert (finished.returncode, finished.stdout, aws.asked()) == (2, "", [])
    assert finished.stderr.startswith(f"{script}: its lines end in CR LF (Git does this with core.autocrlf): ")
    assert len(finished.stderr.splitlines()) == 1


def test_no_character_of_its_path_matters(account: Workspace, aws: StubAws) -> None:
    folder = account.root.rename(account.root.with_name("it's \"$HOME\" & <a> `b` *; \\ 田"))
    temporary = aws.folder / "a \"tmp\" $HOME's"
    temporary.mkdir()
    script = folder / "out" / "tokyo" / "deploy.sh"
    finished = aws.run(script, TMPDIR=str(temporary))
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert list(temporary.iterdir()) == []
    again = aws.run(DEPLOY_ALL, OUT=str(folder / "out"))
    assert "4 unchanged" in again.stdout, again.stdout + again.stderr


def test_it_is_not_sourced(account: Workspace, aws: StubAws) -> None:
    finished = aws.run(Path("-c"), f". '{account.out / 'deploy.sh'}'; echo ended with $?")
    assert finished.stdout == "ended with 2\n"
    assert "run with bash, as a program of its own" in finished.stderr
    assert aws.asked() == []


def test_neither_cdpath_nor_links_lead_it_elsewhere(account: Workspace, aws: StubAws, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(account.root / "out", elsewhere / "out")
    for template in (elsewhere / "out" / "tokyo").glob("*.yaml"):
        template.write_text("Resources: {}\n")
    run = f"cd '{account.root}'; export CDPATH='{elsewhere}'; bash out/tokyo/deploy.sh"
    assert aws.run(Path("-c"), run).returncode == 0
    relative, absolute = aws.folder / "relative.sh", aws.folder / "absolute.sh"
    relative.symlink_to(os.path.relpath(account.out / "deploy.sh", aws.folder))
    absolute.symlink_to(relative)
    for link in ("./relative.sh", "relative.sh", str(absolute)):
        finished = aws.run(Path(link))
        assert finished.returncode == 0, finished.stderr


def test_it_writes_nothing_where_it_stands(account: Workspace, aws: StubAws) -> None:
    files = {file: file.stat().st_mtime_ns for file in account.out.iterdir()}
    account.out.chmod(0o555)
    try:
        deployed(account, aws)
    finally:
        account.out.chmod(0o755)
    assert {file: file.stat().st_mtime_ns for file in account.out.iterdir()} == files


def test_a_template_that_synth_did_not_write_is_named(account: Workspace, aws: StubAws) -> None:
    with (account.out / "users-001.yaml").open("a") as file:
        file.write("# by hand\n")
    (account.out / "storage.yaml").unlink()
    finished = aws.run(account.out / "deploy.sh")
    assert (finished.returncode, aws.asked()) == (1, [])
    assert "users-001.yaml: FAILED" in finished.stderr and "storage.yaml" in finished.stderr
    assert "a template is not the one that synth wrote: nothing was deployed" in finished.stderr


MISUSES = [
    *(["--jobs"], ["--jobs", "0"], ["--jobs=x"], ["--jobs", "08"], ["--jobs", "010"], ["--jobs", "1000"]),
    *(["--leavers", "-1"], ["--leavers", "00"], ["--leavers=08"], ["--only", ""], ["--only="], ["--only", " "]),
    *(["--dry"], ["tokyo"]),
]


@pytest.mark.parametrize("options", MISUSES)
def test_misuse_is_refused_before_anything_is_asked(account: Workspace, aws: StubAws, options: list[str]) -> None:
    finished = aws.run(account.out / "deploy.sh", *options)
    assert (finished.returncode, finished.stdout, aws.asked()) == (2, "", [])
    assert "usage: deploy.sh" in finished.stderr


def test_marks_of_a_merge_deploy_nothing(account: Workspace, aws: StubAws) -> None:
    script = account.out / "deploy.sh"
    text = script.read_text()
    for line in ("mycompany-deepracer-access stack access.yaml", "MeiUser mei"):
        assert text.count(f"\n{line}") == 1
        script.write_text(text.replace(f"\n{line}", f"\n<<<<<<< HEAD\n=======\n>>>>>>> other\n{line}"))
        finished = aws.run(script)
        assert (finished.returncode, aws.asked()) == (1, [])
        assert "git left a merge conflict in the data of this script: run 'racestack synth'" in finished.stderr


def test_help_needs_nothing(account: Workspace, aws: StubAws) -> None:
    finished = aws.run(account.out / "deploy.sh", "--help", PATH="/usr/bin:/bin")
    assert finished.returncode == 0
    assert all(option in finished.stdout for option in ("--jobs", "--only", "--leavers", "--dry-run"))


def test_every_account_has_the_same_script(tmp_path: Path) -> None:
    texts = set()
    for name in ("hardened", "operations", "documented console"):
        made = Workspace(tmp_path / name, SETTINGS[name])
        made.write()
        made.synth()
        head, rest = (made.out / "deploy.sh").read_text().split("# ---- data ----\n")
        texts.add((head, rest.split("# ---- end of the data ----\n")[1]))
    assert len(texts) == 1


@pytest.mark.parametrize("seconds", ["", "x", "-1", "0.5", "08"])
def test_the_pause_is_a_number_of_seconds(account: Workspace, aws: StubAws, seconds: str) -> None:
    # A `sleep` that takes the pause of five seconds down and does not wait for it.
    sleep = aws.folder / "bin" / "sleep"
    sleep.write_text(f'#!/bin/sh\n[ "$1" != 5 ] || exec touch "$STUB_DIR/paused"\nexec {shutil.which("sleep", path=TOOLS)} "$@"\n')
    sleep.chmod(0o755)
    finished = aws.run(account.out / "deploy.sh", RETRY_SECONDS=seconds)
    # Nothing is as good as not set.
    assert finished.returncode == (2 if seconds else 0)
    assert seconds == "" or f"RETRY_SECONDS is a whole number of seconds from 0, not '{seconds}'" in finished.stderr
    assert (aws.folder / "paused").exists() == (seconds == "")


def test_what_was_verified_is_what_is_deployed(account: Workspace, aws: StubAws) -> None:
    # Somebody writes the templates and the script anew, in place, as soon as the first call is made.
    program = aws.folder / "bin" / "aws"
    script = account.out / "deploy.sh"
    text = script.read_text()
    late = f"#!/bin/sh\nfor file in '{account.out}'/*.yaml; do echo 'Resources: {{}}' >\"$file\"; done\n"
    program.write_text(f"{late}yes exit 9 | head -n 20000 >'{script}'\n{program.read_text()}")
    finished = aws.run(script)
    assert script.read_text() != text
    script.write_text(text)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "4 deployed" in finished.stdout
    planned = aws.run(account.out / "deploy.sh", "--dry-run")
    assert planned.returncode == 1 and "users-001.yaml: FAILED" in planned.stderr


@pytest.mark.parametrize("answer", ["", "None", "12345"])
def test_credentials_of_no_account_are_told(account: Workspace, aws: StubAws, answer: str) -> None:
    finished = aws.run(account.out / "deploy.sh", STUB_ACCOUNT=answer)
    assert finished.returncode == 1
    assert f"names no account for its credentials, but '{answer}': nothing was deployed" in finished.stderr


@pytest.mark.parametrize("profile", ["", "work"])
def test_credentials_of_another_account_are_told_with_what_to_do(account: Workspace, aws: StubAws, profile: str) -> None:
    finished = aws.run(account.out / "deploy.sh", STUB_ACCOUNT="999988887777", AWS_PROFILE=profile)
    assert finished.returncode == 1
    used = f" (AWS_PROFILE={profile})" if profile else ""
    assert (
        f"the credentials{used} are of account 999988887777, the stacks of 111122223333: set AWS_PROFILE to a profile of 111122223333, "
        "or correct account_id in config/accounts/tokyo/settings.yaml: nothing was deployed"
    ) in finished.stderr


@pytest.mark.parametrize("tool", ["awk", "sed", "grep", "tr", "mktemp", "readlink"])
def test_a_missing_command_is_named(account: Workspace, aws: StubAws, tool: str) -> None:
    tools = aws.folder / "tools"
    tools.mkdir()
    for folder in ("/usr/bin", "/bin"):
        for file in Path(folder).iterdir():
            if file.name != tool and not (tools / file.name).exists():
                (tools / file.name).symlink_to(file)
    finished = aws.run(account.out / "deploy.sh", PATH=f"{aws.folder / 'bin'}:{tools}")
    assert (finished.returncode, aws.asked()) == (1, [])
    assert f"the command {tool} is missing" in finished.stderr


def test_a_list_of_stacks_that_breaks_off_deploys_nothing(account: Workspace, aws: StubAws) -> None:
    awk = aws.folder / "bin" / "awk"
    awk.write_text("#!/bin/sh\nexit 1\n")
    awk.chmod(0o755)
    finished = aws.run(account.out / "deploy.sh")
    assert finished.returncode == 1
    assert "only 0 of 4 stacks could be looked at: nothing was deployed" in finished.stderr
    assert changes(aws) == []
