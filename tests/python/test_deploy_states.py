"""What deploy.sh does about states and faults, told by a stub of the AWS CLI."""

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from patience import PATIENCE
from stub_aws import BASH, StubAws
from workspace import SETTINGS, Workspace

STACKS = ("storage", "access", "notebooks", "users-001")
USERS = "mycompany-deepracer-users-001"


def deployed(account: Workspace, aws: StubAws) -> None:
    """Have all stacks deployed."""
    finished = aws.run(account.out / "deploy.sh")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    aws.asked()


def test_what_is_up_to_date_is_told_by_one_call(account: Workspace, aws: StubAws) -> None:
    deployed(account, aws)
    again = aws.run(account.out / "deploy.sh")
    assert again.returncode == 0, again.stderr
    assert aws.asked() == ["sts get-caller-identity", "cloudformation describe-stacks", "iam get-group"]
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
    "IMPORT_ROLLBACK_FAILED": ["describe-stack-events", "delete-stack", "wait stack-delete-complete"],
}


@pytest.mark.parametrize("state", WAYS_OUT)
def test_each_state_has_its_way_out(account: Workspace, aws: StubAws, state: str) -> None:
    aws.stack("access", state)
    finished = aws.run(account.out / "deploy.sh")
    assert finished.returncode == 1
    # What failed first: of the roll-back, where that is what failed.
    first = "Undone (AWS::IAM::Role): is in use" if "_ROLLBACK_FAILED" in state else "First (AWS::IAM::User): bob already exists"
    assert f"failed: mycompany-deepracer-access: the stack is {state}: {first}\n" in finished.stdout
    here = "--region ap-northeast-1 --stack-name mycompany-deepracer-access"
    found = re.findall(rf"^ +aws cloudformation (.*) {here}(.*)$", finished.stdout, re.MULTILINE)
    assert [(command + more).strip() for command, more in found] == WAYS_OUT[state]
    assert aws.status("storage") == aws.status("notebooks") == "CREATE_COMPLETE"
    assert "skipped: mycompany-deepracer-users-001 needs mycompany-deepracer-access, which failed" in finished.stdout
    assert not any("access" in line for line in changes(aws)), "nothing of it is touched"


def changes(aws: StubAws) -> list[str]:
    """The calls that changed something."""
    return [line for line in (aws.folder / "log").read_text().splitlines() if re.search(r" (create|execute|delete)-", line)]


@pytest.mark.parametrize("state", ["IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"])
def test_what_was_imported_is_deployed(account: Workspace, aws: StubAws, state: str) -> None:
    aws.stack("access", state)
    finished = aws.run(account.out / "deploy.sh")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert aws.status("access") == "UPDATE_COMPLETE"


def test_a_role_of_that_name_is_told_with_the_setting_that_gives_another(tmp_path: Path, aws: StubAws) -> None:
    made = Workspace(tmp_path / "account", SETTINGS["hardened"])
    made.write(({"name": "mei"},))
    made.synth()
    aws.fault("execute-change-set.mycompany-deepracer-service-roles", "after ROLLBACK_COMPLETE")
    aws.fault("execute-change-set.mycompany-deepracer-access", "after ROLLBACK_COMPLETE")
    # By the deployment in which it fails, and by the next, which finds it so.
    for _ in range(2):
        finished = aws.run(made.out / "deploy.sh")
        told = re.split(r"^  failed: mycompany-deepracer-", finished.stdout, flags=re.MULTILINE)
        assert [part.split(":")[0] for part in told[1:]] == ["access", "service-roles"]
        assert ["set `service_roles.suffix`\n     in config/accounts/tokyo/settings.yaml" in part for part in told[1:]] == [False, True]
        assert "aws cloudformation delete-stack --region ap-northeast-1 --stack-name mycompany-deepracer-service-roles" in told[2]


# Of each stack a resource whose name is taken, what CloudFormation says of it, and what the script names for it.
TAKEN = {
    "storage": ("Bucket", "AWS::S3::Bucket", ["another `bucket.created`, or `bucket.name` where that is set, in config/accounts/tokyo/settings.yaml", "racestack synth --leave-behind"]),
    "users-001": ("MeiUser", "AWS::IAM::User", ["another `name`", "remove the row, run 'racestack synth', then 'racestack adopt --user NAME'"]),
    "access": ("Group", "AWS::IAM::Group", ["delete it if nobody needs it"]),
}


@pytest.mark.parametrize("stack", TAKEN)
@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_a_name_that_is_taken_is_named_before_anything_is_made(
    account: Workspace, aws: StubAws, stack: str, options: list[str]
) -> None:
    resource, kind, steps = TAKEN[stack]
    deployed(account, aws)
    aws.stack(stack, "UPDATE_COMPLETE")
    reason = f"Resource of type '{kind}' with identifier 'one' already exists."
    name = f"mycompany-deepracer-{stack}"
    (aws.folder / f"invalid.{name}").touch()
    (aws.folder / "invalid").write_text(f"{resource}\t{kind}\t{reason}\nOther\t{kind}\tanother reason\n")
    finished = aws.run(account.out / "deploy.sh", *options)
    assert finished.returncode == 1
    said = " ".join((finished.stdout + finished.stderr).split())
    assert f"{name}: CloudFormation takes no change set: {resource} ({kind}): {reason}; Other ({kind}): another reason nothing of it" in said
    assert [step for step in [*steps, "Then run deploy.sh again"] if step not in said] == []
    assert "EarlyValidation" not in said
    log = (aws.folder / "log").read_text()
    assert log.index(" describe-events ") < log.index(" delete-change-set ")
    assert " execute-change-set " not in log


def test_a_name_that_is_taken_is_looked_for_by_hand_where_the_aws_cli_cannot(account: Workspace, aws: StubAws) -> None:
    (aws.folder / "invalid.mycompany-deepracer-storage").touch()
    aws.fault("describe-events", "aws: error: argument operation: Invalid choice")
    finished = aws.run(account.out / "deploy.sh")
    assert finished.returncode == 1
    said = " ".join(finished.stdout.split())
    assert "Invalid choice" in said and "set another `bucket.created`" in said
    assert re.search(r"aws cloudformation describe-events --region ap-northeast-1 --change-set-name arn:aws:\S+ --query ", said)
    assert "delete-change-set" not in (aws.folder / "log").read_text()


@pytest.mark.parametrize("state", ["ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
@pytest.mark.parametrize("stack", TAKEN)
def test_a_name_that_is_taken_is_named_where_the_stack_was_rolled_back(
    account: Workspace, aws: StubAws, stack: str, state: str
) -> None:
    resource, kind, steps = TAKEN[stack]
    name = f"mycompany-deepracer-{stack}"
    (aws.folder / f"failed.{name}").write_text(f"{resource}\t{kind}\tCREATE_FAILED\tone already exists\n")
    aws.fault(f"execute-change-set.{name}", f"after {state}")
    finished = aws.run(account.out / "deploy.sh")
    assert finished.returncode == 1
    said = " ".join(finished.stdout.split())
    assert f"failed: {name}: it is {state}: {resource} ({kind}): one already exists" in said
    assert [step for step in steps if step not in said] == []
    assert ("delete-stack --region ap-northeast-1" in said) == (state == "ROLLBACK_COMPLETE")


@pytest.mark.parametrize(
    "state",
    ["CREATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS", "IMPORT_ROLLBACK_IN_PROGRESS"],
)
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


def test_while_aws_is_busy_fewer_stacks_are_begun_at_once(account: Workspace, aws: StubAws) -> None:
    aws.fault("create-change-set.mycompany-deepracer-storage", *["An error occurred (Throttling): Rate exceeded"] * 2)
    finished = aws.run(account.out / "deploy.sh")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    # Once for what comes together.
    assert re.findall("AWS is busy: at most (.*) at once", finished.stdout) == ["4"]
    alone = aws.run(account.out / "deploy.sh", "--jobs", "1", "--only", "storage")
    assert "AWS is busy: at most" not in alone.stdout


@pytest.mark.parametrize("file, deploys", [("unchanged", False), ("keeps-outputs", True)])
def test_a_digest_that_cloudformation_keeps_is_no_failure(account: Workspace, aws: StubAws, file: str, deploys: bool) -> None:
    deployed(account, aws)
    aws.stack("access", "UPDATE_COMPLETE", digest="0" * 64)
    (aws.folder / file).touch()
    for _ in range(2):
        finished = aws.run(account.out / "deploy.sh")
        assert finished.returncode == 0, finished.stdout + finished.stderr
        assert ("1 deployed, 3 unchanged" if deploys else "0 deployed, 4 unchanged") in finished.stdout
        assert ("CloudFormation kept the output TemplateDigest of before" in finished.stdout) == deploys


def test_a_call_that_is_refused_is_not_tried_again(account: Workspace, aws: StubAws) -> None:
    aws.fault("create-change-set.mycompany-deepracer-storage", "An error occurred (ValidationError): Template format error")
    finished = aws.run(account.out / "deploy.sh")
    assert finished.returncode == 1
    assert "failed: mycompany-deepracer-storage: CloudFormation takes no change set: An error occurred" in finished.stdout
    assert "2 deployed, 0 unchanged, 1 failed, 1 skipped" in finished.stdout


@pytest.mark.parametrize("command", ["create-change-set", "describe-change-set", "execute-change-set", "describe-stacks"])
@pytest.mark.parametrize(
    "error",
    [
        "An error occurred (ExpiredToken) when calling the operation: The security token included in the request is expired",
        "Error when retrieving token from sso: Token has expired and refresh failed",
        "The SSO session associated with this profile has expired or is otherwise invalid.",
    ],
)
def test_after_the_session_has_expired_nothing_more_is_begun(account: Workspace, aws: StubAws, command: str, error: str) -> None:
    aws.fault(f"{command}.mycompany-deepracer-storage", error)
    finished = aws.run(account.out / "deploy.sh", "--jobs", "1")
    assert finished.returncode == 1
    assert "0 deployed, 0 unchanged, 1 failed, 3 skipped" in finished.stdout, finished.stdout
    assert finished.stdout.count("was not begun, since the session of the credentials had expired\n") == 3
    assert finished.stderr.endswith("the session of the credentials has expired: sign in again, and run deploy.sh again, which goes on\n")
    assert not any(re.search("access|notebooks|users", line) for line in changes(aws))
    again = aws.run(account.out / "deploy.sh")
    assert again.returncode == 0, again.stdout + again.stderr


# What CloudFormation answers where another deployment was quicker.
CONTENDED = {
    "create-change-set": [
        "An error occurred (ValidationError) when calling the CreateChangeSet operation: "
        "Stack:arn:aws:cloudformation:ap-northeast-1:111122223333:stack/a is in UPDATE_IN_PROGRESS state and can not be updated.",
        "An error occurred (ValidationError) when calling the CreateChangeSet operation: "
        "Stack [a] already exists and cannot be created with the changeSet [b].",
    ],
    "describe-change-set": [
        "An error occurred (ChangeSetNotFound) when calling the DescribeChangeSet operation: ChangeSet [b] does not exist"
    ],
    "execute-change-set": [
        "An error occurred (ChangeSetNotFound) when calling the ExecuteChangeSet operation: ChangeSet [b] does not exist",
        "An error occurred (InvalidChangeSetStatus) when calling the ExecuteChangeSet operation: "
        "ChangeSet [b] cannot be executed in its current execution status of [OBSOLETE]",
        "An error occurred (ValidationError) when calling the ExecuteChangeSet operation: "
        "This stack is currently in a non-terminal [UPDATE_IN_PROGRESS] state.",
    ],
}


@pytest.mark.parametrize("is_same", [True, False])
@pytest.mark.parametrize(("command", "error"), [(command, error) for command, errors in CONTENDED.items() for error in errors])
def test_of_two_deployments_at_once_one_waits(account: Workspace, aws: StubAws, command: str, error: str, is_same: bool) -> None:
    ours = digest(account, "access")
    aws.meanwhile(command, "access", "UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", digest=ours if is_same else "0" * 64)
    aws.fault(f"{command}.mycompany-deepracer-access", error)
    finished = aws.run(account.out / "deploy.sh")
    assert finished.returncode == (0 if is_same else 1), finished.stdout + finished.stderr
    assert "mycompany-deepracer-access: another deployment works on it, too, which is waited for" in finished.stdout
    if is_same:
        assert "3 deployed, 1 unchanged, 0 failed" in finished.stdout
    else:
        assert "access: another deployment worked on it at the same time, and left it UPDATE_COMPLETE\n" in finished.stdout
        assert "see that nobody else deploys this account, then run deploy.sh again" in finished.stdout


def test_what_another_deployment_leaves_failed_is_told_with_its_way_out(account: Workspace, aws: StubAws) -> None:
    aws.meanwhile("execute-change-set", "access", "CREATE_IN_PROGRESS", "ROLLBACK_COMPLETE")
    aws.fault("execute-change-set.mycompany-deepracer-access", CONTENDED["execute-change-set"][0])
    finished = aws.run(account.out / "deploy.sh")
    assert finished.returncode == 1
    assert "failed: mycompany-deepracer-access: the stack is ROLLBACK_COMPLETE: First (AWS::IAM::User): bob" in finished.stdout
    assert "aws cloudformation delete-stack" in finished.stdout


def test_a_dry_run_waits_for_no_other_deployment(account: Workspace, aws: StubAws) -> None:
    deployed(account, aws)
    aws.stack("access", "UPDATE_COMPLETE", digest="0" * 64)
    aws.fault("create-change-set.mycompany-deepracer-access", CONTENDED["create-change-set"][0])
    finished = aws.run(account.out / "deploy.sh", "--dry-run")
    assert finished.returncode == 1
    assert "waited for" not in finished.stdout
    assert "failed: mycompany-deepracer-access: CloudFormation takes no change set: An error" in finished.stderr


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
    assert "there is no stack users-009; there are: storage access" in unknown.stderr


@pytest.mark.parametrize("leaving, options, code, said", [
    (2, [], 0, ""),
    (3, [], 1, "3 of 6 people would leave; if that is meant, run it with --leavers 3: nothing was deployed"),
    (3, ["--leavers", "3"], 0, ""),
    (3, ["--leavers=19"], 1, "3 of 6 people would leave, not the 19 of --leavers; if that is meant, run it with --leavers 3"),
    # The number is for accounts where more leave than may by themselves: of a fleet, it stops no other.
    (0, ["--leavers", "3"], 0, ""),
    (2, ["--leavers", "3"], 0, ""),
])  # fmt: skip
def test_nobody_leaves_by_accident(
    account: Workspace, aws: StubAws, leaving: int, options: list[str], code: int, said: str
) -> None:
    deployed(account, aws)
    aws.stack("users-001", "UPDATE_COMPLETE", digest="0" * 64)
    aws.leavers("users-001", leaving, script=account.out / "deploy.sh")
    finished = aws.run(account.out / "deploy.sh", *options)
    assert finished.returncode == code, finished.stdout + finished.stderr
    assert said in finished.stderr
    if code:
        assert changes(aws) == []
        assert finished.stderr.count(f"leaves with {USERS}") == leaving
    else:
        assert finished.stdout.count(f"leaves with the stack {USERS}") == leaving


@pytest.mark.parametrize("options, code", [([], 1), (["--dry-run"], 1), (["--leavers", "2"], 1), (["--leavers", "1"], 0)])
def test_nobody_whom_the_folder_does_not_know_leaves_by_accident(
    account: Workspace, aws: StubAws, options: list[str], code: int
) -> None:
    """As where the folder is older than what is deployed, or was made anew."""
    deployed(account, aws)
    aws.stack("users-001", "UPDATE_COMPLETE", digest="0" * 64)
    aws.leavers("users-001", 1)
    finished = aws.run(account.out / "deploy.sh", *options)
    assert finished.returncode == code, finished.stdout + finished.stderr
    said = "deployed, and unknown here: gone.0: this folder is older than what is deployed (run 'git pull')"
    assert (said in finished.stderr, "run it with --leavers 1" in finished.stderr) == (code == 1,) * 2
    assert any("execute" in line for line in changes(aws)) == (code == 0)


@pytest.mark.parametrize("is_known", [True, False])
def test_no_users_are_made_while_some_are_deployed_in_another_stack(tmp_path: Path, aws: StubAws, is_known: bool) -> None:
    """As of one who left and came back before a deployment: they could not be made, and all who join with them would fail. Nobody leaves,
    whoever is deployed and unknown: no number of leavers is asked for."""
    made = Workspace(tmp_path / "account", SETTINGS["hardened"] + "services: []\n")
    made.write(tuple({"name": f"racer.{number:02}"} for number in range(40)))
    made.synth()
    deployed(made, aws)
    parts = [path.stem for path in sorted(made.out.glob("users-*.yaml"))]
    names = [re.findall(r'UserName: "?(racer\.\d+)', (made.out / f"{part}.yaml").read_text()) for part in parts]
    for part in parts:
        aws.stack(part, "UPDATE_COMPLETE", digest="0" * 64)
    # The first stack has one who is to be in the second one.
    aws.leavers(parts[0], 1, [*names[0], names[1][0]], script=made.out / "deploy.sh" if is_known else None)
    planned = aws.run(made.out / "deploy.sh", "--dry-run")
    finished = aws.run(made.out / "deploy.sh")
    assert (planned.returncode, finished.returncode, changes(aws)) == (1, 1, [])
    for part in parts[1:]:
        said = f"failed: mycompany-deepracer-{part}: it may be the one that people of {USERS} are to be in\n"
        assert said in planned.stderr and said in finished.stdout
    assert f"deployed in it are {names[1][0]} in another template" in finished.stdout
    assert "together, from the\n     commit that was deployed last; or, if that lock is right" in finished.stdout
    said = planned.stdout + planned.stderr + finished.stdout + finished.stderr
    assert "gone.0 leaves" not in said and "--leavers" not in said


@pytest.mark.parametrize("others, is_refused", [(24, True), (27, False)])
def test_who_joins_is_none_of_those_of_whom_people_leave(tmp_path: Path, aws: StubAws, others: int, is_refused: bool) -> None:
    made = Workspace(tmp_path / "account", SETTINGS["hardened"] + "services: []\n")
    people = [f"racer.{number:02}" for number in range(40)]
    made.write(tuple({"name": name} for name in people))
    made.synth()
    deployed(made, aws)
    parts = [path.stem for path in sorted(made.out.glob("users-*.yaml"))]
    assert len(parts) > 1
    # Of the first stack, somebody leaves, and some join; the others are as they were.
    elsewhere = [name for name in people if not re.search(rf"UserName: \"?{name}\"?\n", (made.out / "users-001.yaml").read_text())]
    here = [name for name in people if name not in elsewhere]
    assert len(elsewhere) < others - 3
    aws.stack("users-001", "UPDATE_COMPLETE", digest="0" * 64)
    aws.leavers("users-001", 3, here[: others - len(elsewhere)], script=made.out / "deploy.sh")
    finished = aws.run(made.out / "deploy.sh")
    assert (finished.returncode == 1) == is_refused, finished.stderr
    assert (f"3 of {others + 3} people would leave" in finished.stderr) == is_refused


def test_jobs_of_who_leaves_or_is_suspended_are_stopped(tmp_path: Path, aws: StubAws) -> None:
    made = Workspace(tmp_path / "account", SETTINGS["hardened"] + "services: []\n")
    made.write(({"name": "sato.hana"}, {"name": "mei", "state": "suspended"}))
    made.synth()
    deployed(made, aws)
    aws.stack("users-001", "UPDATE_COMPLETE", digest="0" * 64)
    script = made.out / "deploy.sh"
    aws.leavers("users-001", 1, ("sato.hana", "mei"), script=script)
    # The word that a query answers with where there is nothing is a name like any other.
    with (aws.folder / f"resources.{USERS}").open("a") as file:
        file.write("AWS::IAM::User\tNoneUser\tNone\n")
    script.write_text(script.read_text().replace("\n- gone.0\n", "\n- gone.0\n- None\n"))
    aws.jobs(one="gone.0", two="sato.hana", three="mei", four="", five="gone.00")

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
    aws.leavers("users-001", 3, script=account.out / "deploy.sh")
    before = {file.name: file.read_text() for file in (aws.folder / "stacks").iterdir()}
    finished = aws.run(account.out / "deploy.sh", "--dry-run")
    assert finished.returncode == 1, "the deployment would refuse, too"
    assert {file.name: file.read_text() for file in (aws.folder / "stacks").iterdir()} == before
    commands = [line.split()[1] for line in changes(aws)]
    assert commands == ["create-change-set", "delete-change-set"]
    assert "mycompany-deepracer-storage: would be created\n  Add     Bucket  " in finished.stdout
    assert f"{USERS}: would change\n  Modify  Thing  " in finished.stdout and "AWS::IAM::User (replaced)\n" in finished.stdout
    assert "gone.2 leaves with" in finished.stdout
    assert finished.stderr.endswith(
        "deploy.sh: a deployment would be refused, and change nothing: 3 of 6 people would leave; if that is meant, run it with --leavers 3\n"
    )
    assert "mycompany-deepracer-access: is UPDATE_IN_PROGRESS, which a deployment waits for" in finished.stdout
    assert "1 stacks are up to date" in finished.stdout


def test_a_dry_run_says_of_which_stacks_it_does_not_know_who_leaves(account: Workspace, aws: StubAws) -> None:
    deployed(account, aws)
    assert "nobody leaves\n" in aws.run(account.out / "deploy.sh", "--dry-run").stdout
    aws.stack("users-001", "UPDATE_IN_PROGRESS")
    finished = aws.run(account.out / "deploy.sh", "--dry-run")
    assert finished.returncode == 0, finished.stderr
    assert f"who leaves with {USERS} is unknown: it is UPDATE_IN_PROGRESS\n" in finished.stdout
    aws.stack("users-001", "UPDATE_COMPLETE", digest="0" * 64)
    aws.fault("list-stack-resources", "An error occurred (AccessDenied)")
    refused = aws.run(account.out / "deploy.sh", "--dry-run")
    assert refused.returncode == 1
    assert f"who leaves with {USERS} is unknown: who leaves could not be told: An error occurred (AccessDenied)\n" in refused.stdout
    assert "nobody leaves" not in finished.stdout + refused.stdout


def test_somebody_with_another_name_is_told_by_the_very_name(tmp_path: Path, aws: StubAws) -> None:
    made = Workspace(tmp_path / "account", SETTINGS["hardened"] + "services: []\n")
    made.write(({"name": "010"}, {"name": "10"}))
    made.synth()
    # Numbers, to a program that compares as awk does: the same.
    (made.root / "config" / "accounts" / "tokyo" / "roster.csv").write_text("name,was\nmei,010\nhana,10\n")
    made.synth()
    deployed(made, aws)
    aws.stack("users-001", "UPDATE_COMPLETE", digest="0" * 64)
    (aws.folder / f"resources.{USERS}").write_text("AWS::IAM::User\tN010User\t010\nAWS::IAM::User\tN10User\t10\n")
    said = aws.run(made.out / "deploy.sh", "--dry-run").stdout
    assert re.findall("^(.*) is renamed to (.*); copy the folder yourself", said, re.MULTILINE) == [("010", "mei"), ("10", "hana")], said
    assert re.findall("aws s3 ls --recursive s3://.*/(.*)/; aws s3 cp --recursive s3://.*/(.*)/ s3://.*/(.*)/$", said, re.MULTILINE) == [
        ("mei", "010", "mei"),
        ("hana", "10", "hana"),
    ]


@pytest.mark.parametrize("error, is_offline", [
    ('Could not connect to the endpoint URL: "https://sts.ap-northeast-1.amazonaws.com/"', True),
    ('Connect timeout on endpoint URL: "https://sts.ap-northeast-1.amazonaws.com/"', True),
    ("Unable to locate credentials. You can configure credentials by running aws configure.", False),
])  # fmt: skip
def test_without_a_network_it_soon_says_so(account: Workspace, aws: StubAws, error: str, is_offline: bool) -> None:
    aws.fault("get-caller-identity", *[error] * 9)
    finished = aws.run(account.out / "deploy.sh")
    assert finished.returncode == 1
    assert ("AWS gave no answer: see that this machine is online" in finished.stderr) == is_offline
    assert ("has no credentials that work" in finished.stderr) != is_offline
    calls = (aws.folder / "log").read_text().splitlines()
    # Three tries of 5 seconds where nobody takes the call, and pauses of 2 and 4 seconds between them: some 20 seconds.
    assert len(calls) == (3 if is_offline else 1)
    assert all(call.endswith(" --cli-connect-timeout 5 --cli-read-timeout 8 --region ap-northeast-1") for call in calls)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_says_how_to_go_on(account: Workspace, aws: StubAws, number: signal.Signals) -> None:
    aws.stack("access", "UPDATE_COMPLETE")
    program = aws.folder / "bin" / "aws"
    text = program.read_text()
    program.write_text(text.replace("    status=UPDATE_COMPLETE\n", '    status=UPDATE_IN_PROGRESS; touch "$dir/begun"\n', 1))
    command = [BASH, account.out / "deploy.sh", "--jobs", "1"]
    environment = aws.environment | {"RETRY_SECONDS": "1"}
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # What a shell runs in the background hears of no Ctrl-C, nor do the tests there.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as running:
        deadline = time.monotonic() + PATIENCE
        while not (aws.folder / "begun").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        running.send_signal(number)
        output, errors = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert "interrupted. Nothing more is started" in errors
    assert "CloudFormation continues with these stacks: mycompany-deepracer-storage" in errors
    assert "run deploy.sh again: it skips what is done, and waits for what is still running" in errors
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


def test_a_dry_run_refuses_what_changes_something(account: Workspace, aws: StubAws) -> None:
    script = account.out / "deploy.sh"
    # As if a mistake let a dry run go on to the deployment.
    text = script.read_text()
    broken = text.replace('if [ -n "$dry_run" ]; then\n    unknown=', 'if false; then\n    unknown=')
    assert broken != text
    script.write_text(broken)
    finished = aws.run(script, "--dry-run")
    assert finished.returncode == 1
    assert "could not be executed: a dry run changes nothing" in finished.stdout
    assert "cloudformation execute-change-set" not in aws.asked()


@pytest.mark.parametrize("before", ["UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
@pytest.mark.parametrize("after", ["UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_an_early_look_decides_nothing(account: Workspace, aws: StubAws, before: str, after: str) -> None:
    deployed(account, aws)
    # The digest is that of before: a stack alone, or other tags.
    aws.stack("users-001", before, digest=digest(account, "users-001"))
    (aws.folder / "early").touch()
    aws.fault(f"execute-change-set.{USERS}", f"after {after}")
    finished = aws.run(account.out / "deploy.sh", "--only", USERS)
    assert finished.returncode == (0 if after == "UPDATE_COMPLETE" else 1), finished.stdout
    assert (f"failed: {USERS}: it is UPDATE_ROLLBACK_COMPLETE" in finished.stdout) == (after != "UPDATE_COMPLETE")
    assert len((aws.folder / "stacks" / USERS).read_text().splitlines()) == 1, "it was waited for the end"


def test_a_change_set_without_a_state_is_given_up(account: Workspace, aws: StubAws) -> None:
    (aws.folder / "odd").touch()
    finished = aws.run(account.out / "deploy.sh")
    assert finished.returncode == 1
    assert "its change set is '', which is no state that it gets out of" in finished.stdout


def test_a_long_wait_is_heard_of(account: Workspace, aws: StubAws) -> None:
    aws.stack("users-001", *["UPDATE_IN_PROGRESS"] * 5, "UPDATE_COMPLETE")
    script = account.out / "deploy.sh"
    text = script.read_text()
    assert text.count("-ge 60 ] || return 0") == 1
    assert "still is" not in aws.run(script, "--only", "users-001").stdout
    script.write_text(text.replace("-ge 60 ] || return 0", "-ge 0 ] || return 0"))
    aws.stack("users-001", *["UPDATE_IN_PROGRESS"] * 5, "UPDATE_COMPLETE")
    said = aws.run(script).stdout
    assert f"{USERS}: still is UPDATE_IN_PROGRESS" in said
    assert not re.search("still( is)?$", said, re.MULTILINE), "each says in what state it is"
    assert "mycompany-deepracer-access: still is waiting for CloudFormation to begin" in said


def test_one_stack_alone_is_deployed_though_it_was_busy(account: Workspace, aws: StubAws) -> None:
    deployed(account, aws)
    aws.stack("users-001", "UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", digest=digest(account, "users-001"))
    finished = aws.run(account.out / "deploy.sh", "--only", "users-001")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "1 deployed" in finished.stdout


def test_who_left_and_still_exists_is_told_each_time(account: Workspace, aws: StubAws) -> None:
    """And who was put into the group by hand, of whom `racestack offboard` knows nothing."""
    deployed(account, aws)
    (aws.folder / "members").write_text("sato.hana\nTaro-Kun\nLong.Gone\nby.hand\n")
    script = account.out / "deploy.sh"
    script.write_text(script.read_text().replace("\nusers='\n", "\nusers='\n- long.gone\n- sato.hana\n"))
    for options in ([], ["--dry-run"]):
        finished = aws.run(script, *options)
        assert finished.returncode == 1
        assert re.findall("offboard (.*) --account tokyo", finished.stderr) == ["Long.Gone"]
        assert re.findall("remove-user-from-group --group-name .* --user-name (.*)", finished.stderr) == ["by.hand"]


def test_no_name_is_taken_for_a_mark(tmp_path: Path, aws: StubAws) -> None:
    made = Workspace(tmp_path / "account", SETTINGS["hardened"] + "services: []\n")
    names = ("--", "-", "-n", "=.@+", "None")
    made.write(({"name": "mei"}, *({"name": name, "state": "suspended"} for name in names)))
    made.synth()
    (aws.folder / "members").write_text("".join(f"{name}\n" for name in ("--", "mei", *names[1:], "gone")))
    finished = aws.run(made.out / "deploy.sh")
    assert re.findall("deploy.sh: the user (.*) is in the group", finished.stderr) == ["gone"], finished.stderr


def test_a_dry_run_fails_where_the_deployment_would(account: Workspace, aws: StubAws) -> None:
    aws.stack("access", "ROLLBACK_COMPLETE")
    finished = aws.run(account.out / "deploy.sh", "--dry-run")
    assert finished.returncode == 1
    assert f"{USERS}: would be skipped, since it needs mycompany-deepracer-access, which failed" in finished.stdout
    alone = aws.run(account.out / "deploy.sh", "--dry-run", "--only", "users-001")
    assert alone.returncode == 1 and "is not up to date" in alone.stdout
