"""People who are suspended keep everything; people who leave are gone with what IAM deletes no user with."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from moto_server import ACCOUNT_ID, MotoServer
from patience import PATIENCE
from test_deploy import creation_dates
from workspace import SETTINGS, SLOW, Person, Workspace, binary

GROUP = "mycompany-deepracer-users"
STAY: tuple[Person, ...] = ({"name": "sato.hana"}, {"name": "taro-kun", "notebook": "false"})
TARO: Person = {"name": "tanaka.taro"}
SSH_KEY = "ssh-rsa " + "A" * 372


@pytest.fixture
def workspace(tmp_path: Path, moto: MotoServer) -> Workspace:
    """An account of three people, deployed."""
    made = Workspace(tmp_path, SETTINGS["hardened"] + "services: []\n")
    made.write((*STAY, TARO))
    made.synth()
    assert made.deploy(moto.environment()).returncode == 0
    return made


def burden(moto: MotoServer, name: str) -> None:
    """Give a user everything that IAM deletes no user with."""
    iam = moto.client("iam")
    for _ in range(2):
        iam.create_access_key(UserName=name)
    for device in (name, f"phone-of-{name}"):
        serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=device)["VirtualMFADevice"]["SerialNumber"]
        if device != name:
            iam.enable_mfa_device(
                UserName=name, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
            )
    iam.create_login_profile(UserName=name, Password="Correct-Horse-1")
    iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=SSH_KEY)
    iam.create_service_specific_credential(UserName=name, ServiceName="codecommit.amazonaws.com")
    document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}'
    iam.put_user_policy(UserName=name, PolicyName="by-hand", PolicyDocument=document)
    arn = f"arn:aws:iam::{ACCOUNT_ID}:policy/by-hand"
    groups = [group["GroupName"] for group in iam.list_groups()["Groups"]]
    if "by-hand" not in groups:
        iam.create_policy(PolicyName="by-hand", PolicyDocument=document)
        iam.create_group(GroupName="by-hand")
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    iam.add_user_to_group(UserName=name, GroupName="by-hand")


def holdings(moto: MotoServer, name: str) -> dict[str, Any]:
    """What a user has, by kind."""
    iam = moto.client("iam")
    return {
        "keys": [key["AccessKeyId"] for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]],
        "devices": [device["SerialNumber"] for device in iam.list_mfa_devices(UserName=name)["MFADevices"]],
        "password": iam.get_login_profile(UserName=name)["LoginProfile"]["CreateDate"],
        "ssh": [key["SSHPublicKeyId"] for key in iam.list_ssh_public_keys(UserName=name)["SSHPublicKeys"]],
        "credentials": iam.list_service_specific_credentials(UserName=name)["ServiceSpecificCredentials"],
        "inline": iam.list_user_policies(UserName=name)["PolicyNames"],
        "attached": iam.list_attached_user_policies(UserName=name)["AttachedPolicies"],
        "groups": [group["GroupName"] for group in iam.list_groups_for_user(UserName=name)["Groups"]],
    }


def document(moto: MotoServer, arn: str) -> list[dict[str, Any]]:
    """The statements of a managed policy."""
    iam = moto.client("iam")
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]["Statement"]


def users(moto: MotoServer) -> list[str]:
    """The names of all users."""
    return sorted(user["UserName"] for user in moto.client("iam").list_users()["Users"])


def test_who_leaves_is_gone_with_everything_and_nobody_else_is_touched(moto: MotoServer, workspace: Workspace) -> None:
    for name in ("tanaka.taro", "sato.hana"):
        burden(moto, name)
    before, hana = creation_dates(moto), holdings(moto, "sato.hana")
    workspace.write(STAY)
    workspace.synth()

    planned = workspace.deploy(moto.environment(), "--dry-run")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert (creation_dates(moto), len(holdings(moto, "tanaka.taro")["keys"])) == (before, 2)

    deployed = workspace.deploy(moto.environment())
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    assert users(moto) == ["sato.hana", "taro-kun"]
    gone = {"user tanaka.taro", "role tanaka.taro", "notebook tanaka-taro"}
    assert creation_dates(moto) == {thing: made for thing, made in before.items() if thing not in gone}
    assert holdings(moto, "sato.hana") == hana
    serials = [device["SerialNumber"] for device in moto.client("iam").list_virtual_mfa_devices()["VirtualMFADevices"]]
    assert sorted(serials) == [f"arn:aws:iam::{ACCOUNT_ID}:mfa/{name}" for name in ("phone-of-sato.hana", "sato.hana")]

    said = [line for line in deployed.stdout.splitlines() if line.startswith("  aws ")]
    assert said == [line for line in planned.stdout.splitlines() if line.startswith("  aws ")]
    assert all("tanaka" in line for line in said)
    assert sum("delete-access-key " in line for line in said) == 2
    assert "tanaka.taro leaves with the stack mycompany-deepracer-users-001" in planned.stdout


def test_who_is_called_like_the_sign_for_nothing_leaves_like_others(moto: MotoServer, tmp_path: Path) -> None:
    made = Workspace(tmp_path, SETTINGS["hardened"] + "services: []\n")
    made.write((*STAY, {"name": "-", "notebook": "false"}))
    made.synth()
    assert made.deploy(moto.environment()).returncode == 0
    moto.client("iam").create_access_key(UserName="-")
    made.write(STAY)
    made.synth()
    deployed = made.deploy(moto.environment())
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    assert "- leaves with the stack mycompany-deepracer-users-001" in deployed.stdout
    assert users(moto) == ["sato.hana", "taro-kun"]


def test_nobody_of_the_roster_is_touched_though_the_stack_has_drifted(moto: MotoServer, workspace: Workspace) -> None:
    """Another version's stack names them otherwise, and someone made a user by hand who is in no stack."""
    burden(moto, "tanaka.taro")
    moto.client("iam").create_user(UserName="by.hand")
    moto.client("iam").create_access_key(UserName="by.hand")
    before = holdings(moto, "tanaka.taro")
    script = workspace.out / "deploy.sh"
    text = script.read_text()
    assert "\nTanakaTaroUser tanaka.taro\n" in text
    for ours in ("ElsewhereUser Tanaka.Taro", "TanakaTaroUser taro.tanaka"):
        script.write_text(text.replace("TanakaTaroUser tanaka.taro", ours))
        finished = workspace.deploy(moto.environment(), "--dry-run", "--only", "users-001")
        assert finished.returncode == 0, finished.stdout + finished.stderr
        assert finished.stdout.startswith("nobody leaves\n")
    script.write_text(text)
    assert workspace.deploy(moto.environment(), "--only", "users-001").returncode == 0
    assert holdings(moto, "tanaka.taro") == before
    assert users(moto) == ["by.hand", "sato.hana", "tanaka.taro", "taro-kun"]


def test_who_is_in_another_template_than_deployed_is_told_and_nothing_is_done(moto: MotoServer, workspace: Workspace) -> None:
    """As where the lock and the out folder were lost together, and the people were placed anew."""
    script = workspace.out / "deploy.sh"
    text = script.read_text()
    users_of = text.split("\nusers='\n")[1].split("\n'")[0]
    moved = users_of.replace("TanakaTaroUser tanaka.taro", "users-002.yaml -\nTanakaTaroUser tanaka.taro")
    moved = "\n".join(sorted(moved.splitlines(), key=lambda line: "users-002" in line or "Tanaka" in line))
    script.write_text(text.replace(users_of, moved))
    for options in (["--dry-run"], []):
        finished = workspace.deploy(moto.environment(), "--only", "users-001", *options)
        assert finished.returncode == 1, finished.stdout + finished.stderr
        assert "deployed in it are tanaka.taro in another template" in finished.stdout + finished.stderr
        assert "restore config/accounts/tokyo/stacks.lock" in finished.stdout + finished.stderr
        assert "nobody leaves" not in finished.stdout
    assert users(moto) == ["sato.hana", "tanaka.taro", "taro-kun"]


def test_an_aborted_leave_goes_on_where_it_stopped(moto: MotoServer, workspace: Workspace, tmp_path: Path) -> None:
    burden(moto, "tanaka.taro")
    workspace.write(STAY)
    workspace.synth()
    refusing = tmp_path / "bin"
    refusing.mkdir()
    environment = moto.environment()
    (refusing / "aws").write_text(
        f'#!/bin/sh\nPATH="{environment["PATH"]}"\n'
        'case "$*" in *deactivate-mfa-device*) echo AccessDenied >&2; exit 254;; esac\nexec aws "$@"\n'
    )
    (refusing / "aws").chmod(0o755)

    stopped = workspace.deploy(environment | {"PATH": f"{refusing}:{environment['PATH']}"})
    assert stopped.returncode == 1
    assert "AccessDenied" in stopped.stdout and "run deploy.sh again to go on" in stopped.stdout
    assert holdings_left(moto) == {"keys": 0, "devices": 1}
    assert users(moto) == ["sato.hana", "tanaka.taro", "taro-kun"]

    again = workspace.deploy(environment)
    assert again.returncode == 0, again.stdout + again.stderr
    assert users(moto) == ["sato.hana", "taro-kun"]


def holdings_left(moto: MotoServer) -> dict[str, int]:
    """How many keys and devices `tanaka.taro` still has."""
    iam = moto.client("iam")
    return {
        "keys": len(iam.list_access_keys(UserName="tanaka.taro")["AccessKeyMetadata"]),
        "devices": len(iam.list_mfa_devices(UserName="tanaka.taro")["MFADevices"]),
    }


def test_who_could_not_be_deleted_is_told(moto: MotoServer, workspace: Workspace, tmp_path: Path) -> None:
    """A key that comes between the last look and the deletion: CloudFormation calls the update complete all the same."""
    workspace.write(STAY)
    workspace.synth()
    racing = tmp_path / "bin"
    racing.mkdir()
    environment = moto.environment()
    (racing / "aws").write_text(
        f'#!/bin/sh\nPATH="{environment["PATH"]}"\n'
        'case "$*" in *"execute-change-set "*users-001*) aws iam create-access-key --user-name tanaka.taro >/dev/null;; esac\n'
        'exec aws "$@"\n'
    )
    (racing / "aws").chmod(0o755)
    finished = workspace.deploy(environment | {"PATH": f"{racing}:{environment['PATH']}"})
    assert finished.returncode == 1
    assert "CloudFormation could not delete the user tanaka.taro" in finished.stdout
    assert "racestack offboard tanaka.taro --account tokyo" in finished.stdout
    assert users(moto) == ["sato.hana", "tanaka.taro", "taro-kun"]

    run_steps(workspace, moto, "# 4. If it was")
    assert users(moto) == ["sato.hana", "taro-kun"]


def test_the_steps_that_offboard_prints_are_those_that_a_deployment_lacks(moto: MotoServer, workspace: Workspace) -> None:
    burden(moto, "tanaka.taro")
    run_steps(workspace, moto, "# 6. Skip this step if you deploy with deploy.sh")
    workspace.write(STAY)
    workspace.synth()
    deployed = workspace.deploy(moto.environment())
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    assert "delete-access-key" not in deployed.stdout
    assert users(moto) == ["sato.hana", "taro-kun"]


def run_steps(workspace: Workspace, moto: MotoServer, heading: str) -> None:
    """Run the commands below one of the headings that `racestack offboard tanaka.taro` prints."""
    command = [binary(), "offboard", "tanaka.taro", "--account", "tokyo"]
    printed = subprocess.run(command, cwd=workspace.root, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
    # What changes something is a comment, for somebody to run by hand.
    printed = re.sub("(?m)^#      ", "", printed)
    steps = [step for step in printed.split("\n\n") if step.startswith(heading)]
    assert len(steps) == 1, printed
    subprocess.run(["bash", "-uc", steps[0]], env=moto.environment(), timeout=PATIENCE, check=True)


@pytest.mark.parametrize("leaves", ["of the roster", "with a notebook made by hand", "of the lock alone", "at this moment"])
def test_nothing_live_changes_where_all_that_offboard_prints_is_pasted(tmp_path: Path, leaves: str) -> None:
    made = Workspace(tmp_path, SETTINGS["hardened"] + "services: []\nconsole: true\n")
    made.write((*STAY, TARO))
    made.synth()
    if leaves == "with a notebook made by hand":
        roster = made.root / "config" / "accounts" / "tokyo" / "roster.csv"
        roster.write_text("name,notebook.name,notebook.existing\nsato.hana,,\ntaro-kun,,\ntanaka.taro,tanaka-taro,true\n")
    elif leaves != "of the roster":
        made.write(STAY)
    if leaves == "of the lock alone":
        made.synth()
    command = [binary(), "offboard", "tanaka.taro", "--account", "tokyo"]
    printed = subprocess.run(command, cwd=made.root, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
    tools, ran = tmp_path / "tools", tmp_path / "ran"
    tools.mkdir()
    for program in (tools / "aws", tools / "racestack", made.out / "deploy.sh"):
        program.write_text(f'#!/bin/sh\nprintf "%s %s\\n" "${{0##*/}}" "$*" >>"{ran}"\n')
        program.chmod(0o755)
    path = f"{tools}:/usr/bin:/bin"
    subprocess.run(["bash", "-c", printed], cwd=made.root, env={"PATH": path}, timeout=PATIENCE, check=True)
    reading = r"aws (s3 sync --region \S+ s3://\S+ \./\S+|sagemaker describe-notebook-instance .*|iam get-user .*)"
    for line in ran.read_text().splitlines():
        assert re.fullmatch(rf"{reading}|racestack synth --account tokyo|deploy.sh --dry-run", line), line
    # Whoever takes the signs away runs it all, in a shell that reads it.
    taken = re.sub("(?m)^#      (?!ValidationException)", "", printed)
    subprocess.run(["bash", "-n", "-c", taken], timeout=PATIENCE, check=True)
    assert "aws iam delete-access-key" in taken and f"\n'{made.out.relative_to(made.root)}/deploy.sh'\n" in taken


@pytest.mark.parametrize("profile", ["hardened", "documented"] if SLOW else ["hardened"])
def test_who_is_suspended_keeps_everything_and_may_nothing(moto: MotoServer, tmp_path: Path, profile: str) -> None:
    workspace = Workspace(tmp_path, SETTINGS[profile] + "services: []\n")
    workspace.write((*STAY, TARO))
    workspace.synth()
    assert workspace.deploy(moto.environment()).returncode == 0
    burden(moto, "tanaka.taro")
    before, taro = creation_dates(moto), holdings(moto, "tanaka.taro")
    workspace.write((*STAY, TARO | {"state": "suspended"}))
    workspace.synth()
    deployed = workspace.deploy(moto.environment())
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr

    assert creation_dates(moto) == before
    iam, sagemaker = moto.client("iam"), moto.client("sagemaker")
    suspended = holdings(moto, "tanaka.taro")
    more = [policy for policy in suspended.pop("attached") if policy not in taro["attached"]]
    assert suspended == {key: value for key, value in taro.items() if key != "attached"}
    assert [policy["PolicyName"] for policy in more] == ["mycompany-deepracer-suspended-user"]
    assert document(moto, more[0]["PolicyArn"]) == [{"Effect": "Deny", "Action": "*", "Resource": "*"}]
    attached = iam.list_attached_role_policies(RoleName="tanaka.taro")["AttachedPolicies"]
    arns = [policy["PolicyArn"] for policy in attached if policy["PolicyName"].endswith("-suspended-notebook")]
    denial = {"Effect": "Deny", "NotAction": "sagemaker:StopNotebookInstance", "Resource": "*"}
    assert [document(moto, arn) for arn in arns] == [[denial]]
    states = {
        notebook["NotebookInstanceName"]: notebook["NotebookInstanceStatus"]
        for notebook in sagemaker.list_notebook_instances()["NotebookInstances"]
    }
    assert states == {"sato-hana": "InService", "tanaka-taro": "Stopped"}

    workspace.write((*STAY, TARO))
    workspace.synth()
    assert workspace.deploy(moto.environment()).returncode == 0
    assert creation_dates(moto) == before
    assert holdings(moto, "tanaka.taro") == taro
