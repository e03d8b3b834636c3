"""What deploy.sh does about states, faults and misuse, told by a stub of the AWS CLI."""

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from patience import PATIENCE
from stub_aws import StubAws
from workspace import SETTINGS, Workspace

STACKS = ("storage", "access", "notebooks", "users-001")
USERS = "mycompany-deepracer-users-001"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """An account of three people and four stacks, in a folder with a blank."""
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


def deployed(account: Workspace, aws: StubAws) -> None:
    """Have all stacks deployed."""
    finished = aws.run(account.out / "deploy.sh")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    aws.asked()


def test_what_is_up_to_date_is_told_by_one_call(account: Workspace, aws: StubAws) -> None:
    deployed(account, aws)
    again = aws.run(account.out / "deploy.sh")
    assert again.returncode == 0, again.stderr
    assert aws.asked() == ["sts get-caller-identity", "cloudformation describe-stacks"]
    assert "0 deployed, 4 unchanged, 0 failed, 0 skipped" in again.stdout


@pytest.mark.parametrize("what", ["digest", "tags", "rollback"])
def test_what_is_not_what_synth_wrote_is_deployed(account: Workspace, aws: StubAws, what: str) -> None:
    deployed(account, aws)
    file = aws.folder / "stacks" / "mycompany-deepracer-access"
    status, digest, tags = file.read_text().splitlines()[-1].split("\t")
    changed = {
        "digest": (status, "0" * 64, tags),
        "tags": (status, digest, tags.replace("training", "another")),
        "rollback": ("UPDATE_ROLLBACK_COMPLETE", digest, tags),
    }
    file.write_text("\t".join(changed[what]) + "\n")
    finished = aws.run(account.out / "deploy.sh")
    assert "1 deployed, 3 unchanged, 0 failed, 0 skipped" in finished.stdout, finished.stdout
    assert file.read_text().splitlines()[-1] == "\t".join((status.replace("CREATE", "UPDATE"), digest, tags))


WAYS_OUT = {
    "ROLLBACK_COMPLETE": ["delete-stack", "wait stack-delete-complete"],
    "ROLLBACK_FAILED": ["delete-stack", "wait stack-delete-complete"],
    "CREATE_FAILED": ["delete-stack", "wait stack-delete-complete"],
    "DELETE_FAILED": ["delete-stack", "wait stack-delete-complete", "delete-stack --retain-resources Bucket"],
    "UPDATE_ROLLBACK_FAILED": ["continue-update-rollback", "wait stack-rollback-complete"],
    "UPDATE_FAILED": ["rollback-stack", "wait stack-rollback-complete"],
    "IMPORT_ROLLBACK_FAILED": ["describe-stack-events"],
}


@pytest.mark.parametrize("state", WAYS_OUT)
def test_each_state_has_its_way_out(account: Workspace, aws: StubAws, state: str) -> None:
    aws.stack("access", state)
    finished = aws.run(account.out / "deploy.sh")
    assert finished.returncode == 1
    assert f"failed: mycompany-deepracer-access: the stack is {state}\n" in finished.stdout
    here = "--region ap-northeast-1 --stack-name mycompany-deepracer-access"
    found = re.findall(rf"^ +aws cloudformation (.*) {here}(.*)$", finished.stdout, re.MULTILINE)
    assert [(command + more).strip() for command, more in found] == WAYS_OUT[state]
    assert aws.status("storage") == aws.status("notebooks") == "CREATE_COMPLETE"
    assert "skipped: mycompany-deepracer-users-001 needs mycompany-deepracer-access, which failed" in finished.stdout
    assert not any("access" in line for line in changes(aws)), "nothing of it is touched"


def changes(aws: StubAws) -> list[str]:
    """The calls that changed something."""
    return [line for line in (aws.folder / "log").read_text().splitlines() if re.search(r" (create|execute|delete)-", line)]


@pytest.mark.parametrize("state", ["CREATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "DELETE_IN_PROGRESS"])
def test_what_goes_on_is_waited_for(account: Workspace, aws: StubAws, state: str) -> None:
    aws.stack("users-001", state, state, state, "UPDATE_COMPLETE")
    finished = aws.run(account.out / "deploy.sh")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert f"{USERS}: is {state}, which is waited for" in finished.stdout
    assert finished.stdout.index("waited for") < finished.stdout.index(f"{USERS}: deployed")


def test_a_stack_that_was_only_reviewed_is_made(account: Workspace, aws: StubAws) -> None:
    aws.stack("access", "REVIEW_IN_PROGRESS", tags="[]")
    finished = aws.run(account.out / "deploy.sh")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    log = (aws.folder / "log").read_text()
    assert re.search(r"create-change-set --stack-name mycompany-deepracer-access .* --change-set-type CREATE", log)


def test_a_stack_of_another_tool_is_left_alone(account: Workspace, aws: StubAws) -> None:
    aws.stack("access", "UPDATE_COMPLETE", digest="None", tags='[{"Key":"team","Value":"web"}]')
    finished = aws.run(account.out / "deploy.sh")
    assert finished.returncode == 1
    assert "failed: mycompany-deepracer-access: there is a stack of this name that racestack did not make" in finished.stdout
    assert "aws cloudformation describe-stacks --region ap-northeast-1 --stack-name mycompany-deepracer-access" in finished.stdout
    assert not any("access" in line for line in changes(aws))


@pytest.mark.parametrize("jobs", ["1", "8"])
def test_a_failed_stack_is_told_with_its_first_event(account: Workspace, aws: StubAws, jobs: str) -> None:
    aws.fault(f"execute-change-set.{USERS}", "after ROLLBACK_COMPLETE")
    finished = aws.run(account.out / "deploy.sh", "--jobs", jobs)
    assert finished.returncode == 1
    assert "3 deployed, 0 unchanged, 1 failed, 0 skipped" in finished.stdout
    assert f"failed: {USERS}: it is ROLLBACK_COMPLETE: First (AWS::IAM::User): bob already exists\n" in finished.stdout
    assert f"aws cloudformation delete-stack --region ap-northeast-1 --stack-name {USERS}\n" in finished.stdout


@pytest.mark.parametrize(
    "command", ["get-caller-identity", "describe-stacks", "create-change-set", "describe-change-set", "execute-change-set"]
)
@pytest.mark.parametrize(
    "error",
    [
        "An error occurred (Throttling) when calling the DescribeStacks operation (reached max retries: 4): Rate exceeded",
        'Read timeout on endpoint URL: "https://cloudformation.ap-northeast-1.amazonaws.com/"',
    ],
)
def test_a_call_that_is_throttled_or_unanswered_is_tried_again(
    account: Workspace, aws: StubAws, command: str, error: str
) -> None:
    aws.fault(command, error, error)
    finished = aws.run(account.out / "deploy.sh", "--jobs", "1")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stderr.count("AWS is busy or gave no answer") == 2
    assert "4 deployed, 0 unchanged, 0 failed" in finished.stdout


def test_a_call_that_is_refused_is_not_tried_again(account: Workspace, aws: StubAws) -> None:
    aws.fault("create-change-set.mycompany-deepracer-storage", "An error occurred (ValidationError): Template format error")
    finished = aws.run(account.out / "deploy.sh")
    assert finished.returncode == 1
    assert "failed: mycompany-deepracer-storage: CloudFormation takes no change set: An error occurred" in finished.stdout
    assert "2 deployed, 0 unchanged, 1 failed, 1 skipped" in finished.stdout


def test_one_stack_alone(account: Workspace, aws: StubAws) -> None:
    early = aws.run(account.out / "deploy.sh", "--only", "users-001")
    assert early.returncode == 1
    assert f"skipped: {USERS} needs mycompany-deepracer-storage, which is not up to date: deploy that, too, with --only" in early.stdout
    deployed(account, aws)
    again = aws.run(account.out / "deploy.sh", "--only", USERS)
    assert again.returncode == 0, again.stdout
    assert aws.asked().count("cloudformation execute-change-set") == 1
    assert "1 deployed" in again.stdout
    unknown = aws.run(account.out / "deploy.sh", "--only", "users-009")
    assert (unknown.returncode, aws.asked()) == (2, [])
    assert "there is no stack users-009; there are: mycompany-deepracer-storage" in unknown.stderr


@pytest.mark.parametrize("leaving, options, code, said", [
    (2, [], 0, ""),
    (3, [], 1, "3 of 6 people would leave; if that is meant, run it with --leavers 3: nothing was deployed"),
    (3, ["--leavers", "3"], 0, ""),
    (3, ["--leavers=19"], 1, "3 people would leave, not the 19 of --leavers: nothing was deployed"),
    (0, ["--leavers", "1"], 1, "0 people would leave, not the 1 of --leavers: nothing was deployed"),
])  # fmt: skip
def test_nobody_leaves_by_accident(
    account: Workspace, aws: StubAws, leaving: int, options: list[str], code: int, said: str
) -> None:
    deployed(account, aws)
    aws.stack("users-001", "UPDATE_COMPLETE", digest="0" * 64)
    aws.leavers("users-001", leaving)
    finished = aws.run(account.out / "deploy.sh", *options)
    assert finished.returncode == code, finished.stdout + finished.stderr
    assert said in finished.stderr
    if code:
        assert changes(aws) == []
        assert finished.stderr.count(f"leaves with {USERS}") == leaving
    else:
        assert finished.stdout.count(f"leaves with {USERS}") == leaving


def test_jobs_of_who_leaves_or_is_suspended_are_stopped(tmp_path: Path, aws: StubAws) -> None:
    made = Workspace(tmp_path / "account", SETTINGS["hardened"] + "services: []\n")
    made.write(({"name": "sato.hana"}, {"name": "mei", "state": "suspended"}))
    made.synth()
    deployed(made, aws)
    aws.stack("users-001", "UPDATE_COMPLETE", digest="0" * 64)
    aws.leavers("users-001", 1)
    aws.jobs(one="gone.0", two="sato.hana", three="mei", four="None", five="gone.00")

    planned = aws.run(made.out / "deploy.sh", "--dry-run")
    assert planned.returncode == 0, planned.stderr
    said = ["the training job one of gone.0 runs, and is stopped", "the training job three of mei runs, and is stopped"]
    assert [line for line in planned.stdout.splitlines() if "training job" in line] == said
    assert "sagemaker stop-training-job" not in aws.asked()

    assert aws.run(made.out / "deploy.sh").returncode == 0
    stopped = re.findall(r"stop-training-job --training-job-name (\w+)", (aws.folder / "log").read_text())
    # Once before the user is deleted and once after: the stub's jobs go on for ever.
    assert stopped == ["one", "one", "three"]


def test_a_dry_run_changes_nothing_and_shows_tables(account: Workspace, aws: StubAws) -> None:
    deployed(account, aws)
    (aws.folder / "stacks" / "mycompany-deepracer-storage").unlink()
    aws.stack("users-001", "UPDATE_COMPLETE", digest="0" * 64)
    aws.stack("access", "UPDATE_IN_PROGRESS")
    aws.leavers("users-001", 3)
    before = {file.name: file.read_text() for file in (aws.folder / "stacks").iterdir()}
    finished = aws.run(account.out / "deploy.sh", "--dry-run")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert {file.name: file.read_text() for file in (aws.folder / "stacks").iterdir()} == before
    commands = [line.split()[1] for line in changes(aws)]
    assert commands == ["create-change-set", "delete-change-set"]
    assert "mycompany-deepracer-storage: is created\n  Add     Bucket  " in finished.stdout
    assert f"{USERS}: changes\n  Modify  Thing  " in finished.stdout and "AWS::IAM::User (replaced)\n" in finished.stdout
    assert "gone.2 leaves with" in finished.stdout
    assert "3 of 6 people would leave; if that is meant, run it with --leavers 3" in finished.stderr
    assert "mycompany-deepracer-access: is UPDATE_IN_PROGRESS, which a deployment waits for" in finished.stdout
    assert "1 stacks are up to date" in finished.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_says_how_to_go_on(account: Workspace, aws: StubAws, number: signal.Signals) -> None:
    aws.stack("access", "UPDATE_COMPLETE")
    program = aws.folder / "bin" / "aws"
    text = program.read_text()
    program.write_text(text.replace("    status=UPDATE_COMPLETE\n", '    status=UPDATE_IN_PROGRESS; touch "$dir/begun"\n', 1))
    command = ["bash", account.out / "deploy.sh", "--jobs", "1"]
    environment = aws.environment | {"RETRY_SECONDS": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        deadline = time.monotonic() + PATIENCE
        while not (aws.folder / "begun").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        running.send_signal(number)
        output, errors = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert "interrupted. Nothing more is started" in errors
    assert "CloudFormation goes on by itself with what it has begun of: mycompany-deepracer-storage" in errors
    assert "run deploy.sh again: it passes over what is done, and waits for what goes on" in errors
    assert "notebooks" not in output

    program.write_text(text)
    aws.stack("storage", "CREATE_IN_PROGRESS", "CREATE_COMPLETE", digest=digest(account, "storage"))
    again = aws.run(account.out / "deploy.sh")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "3 deployed, 1 unchanged" in again.stdout


def digest(account: Workspace, part: str) -> str:
    """The digest that a template carries."""
    (found,) = re.findall(r'TemplateDigest:\n.*\n    Value: "(.*)"', (account.out / f"{part}.yaml").read_text())
    return found


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


@pytest.mark.parametrize("options", [["--jobs"], ["--jobs", "0"], ["--jobs=x"], ["--leavers", "-1"], ["--dry"], ["tokyo"]])
def test_misuse_is_refused_before_anything_is_asked(account: Workspace, aws: StubAws, options: list[str]) -> None:
    finished = aws.run(account.out / "deploy.sh", *options)
    assert (finished.returncode, finished.stdout, aws.asked()) == (2, "", [])
    assert "usage: deploy.sh" in finished.stderr


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
