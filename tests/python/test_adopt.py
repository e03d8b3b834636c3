"""An account made by hand after the documents: audited, adopted, imported, deployed, and clean, with every resource still the same."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from moto_server import ACCOUNT_ID, REGION, MotoServer
from patience import PATIENCE
from test_audit import audit
from workspace import REPOSITORY, Workspace, binary

BUCKET = "mycompany-racing"
PEOPLE = [f"racer.{number:02}" for number in range(12)]
DOCUMENTS = REPOSITORY / "tests" / "reference" / "policies"
SHARED_ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/service-role/AmazonSageMaker-ExecutionRole-20221130T201905"
# Who has another policy, path, notebook or key than the documents say.
ADMINISTRATOR, MOVED, UNTAGGED, RUNNING, TWO_FOLDERS, OLD_KEY = PEOPLE[:6]
# Of the same slip of several, the first is named.
SLIPS = {
    ("audit::notebook-role", "tokyo/notebook/deepracer-racer00/role"),
    ("audit::ownerless", "tokyo/folder/racer.04-old/owner"),
    ("audit::ownerless", "tokyo/notebook/spare/owner"),
    ("audit::old-key", "tokyo/user/racer.05/key-1"),
    ("audit::unused-key", "tokyo/user/racer.05/key-1"),
    ("audit::drift", "tokyo/user/racer.01/the path"),
    ("audit::running", "tokyo/notebook/deepracer-racer03/running"),
}


def document(name: str) -> str:
    """A policy of the documents, about the bucket."""
    return (DOCUMENTS / f"{name}.json").read_text().replace("会社名-aws-deepracer-test-作成日時", BUCKET)


def notebook_of(person: str) -> str:
    """The name that an administrator gave a notebook."""
    return "racer-02" if person == UNTAGGED else f"deepracer-{person.replace('.', '')}"


@pytest.fixture
def made_by_hand(moto: MotoServer) -> MotoServer:
    """The environment of the documents for twelve people, with typical slips."""
    iam, sagemaker, s3 = (moto.client(service) for service in ("iam", "sagemaker", "s3"))
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}, "Action": "s3:ListBucket"}
    statement = own | {"Resource": f"arn:aws:s3:::{BUCKET}"}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    iam.create_group(GroupName="deepracer")
    for name in ("user-access-keys", "user-s3-folder", "user-sagemaker"):
        made = iam.create_policy(PolicyName=f"DeepRacer-{name}", PolicyDocument=document(name))
        iam.attach_group_policy(GroupName="deepracer", PolicyArn=made["Policy"]["Arn"])
    for service, role in (("lambda", "Lambda"), ("sagemaker", "SageMaker"), ("cloudformation", "CloudFormation")):
        name = f"AWSDeepRacer{role}AccessRole"
        trust = document(f"trust-{service}")
        iam.create_role(RoleName=name, Path="/service-role/", AssumeRolePolicyDocument=trust)
        iam.put_role_policy(RoleName=name, PolicyName="console", PolicyDocument=document(f"service-{service}"))
    # One role for all notebooks, which reads all folders.
    role = SHARED_ROLE.rpartition("/")[2]
    iam.create_role(RoleName=role, Path="/service-role/", AssumeRolePolicyDocument=document("trust-sagemaker"))
    reads = [{"Sid": "Read", "Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::{BUCKET}/*"}]
    policy = json.dumps({"Version": "2012-10-17", "Statement": reads})
    iam.put_role_policy(RoleName=role, PolicyName="bucket", PolicyDocument=policy)
    for person in PEOPLE:
        iam.create_user(UserName=person, Path="/elsewhere/" if person == MOVED else "/")
        iam.tag_user(UserName=person, Tags=[{"Key": "team", "Value": "blue"}, {"Key": "CostCenter", "Value": "0042"}])
        iam.add_user_to_group(GroupName="deepracer", UserName=person)
        s3.put_object(Bucket=BUCKET, Key=f"{person}/model.tar.gz", Body=b"x")
        sagemaker.create_notebook_instance(
            NotebookInstanceName=notebook_of(person),
            InstanceType="ml.t2.medium",
            RoleArn=SHARED_ROLE,
            PlatformIdentifier="notebook-al2023-v1",
            Tags=[] if person == UNTAGGED else [{"Key": "user", "Value": person}],
        )
        if person != RUNNING:
            sagemaker.stop_notebook_instance(NotebookInstanceName=notebook_of(person))
    everything = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    iam.put_user_policy(
        UserName=ADMINISTRATOR,
        PolicyName="for-a-day",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": everything}),
    )
    s3.put_object(Bucket=BUCKET, Key=f"{TWO_FOLDERS}-old/model.tar.gz", Body=b"x")
    iam.create_access_key(UserName=OLD_KEY)
    sagemaker.create_notebook_instance(
        NotebookInstanceName="spare", InstanceType="ml.t2.medium", RoleArn=SHARED_ROLE, PlatformIdentifier="notebook-al2023-v1"
    )
    sagemaker.stop_notebook_instance(NotebookInstanceName="spare")
    return moto


def identity(moto: MotoServer) -> dict[str, Any]:
    """What tells every resource from another of its name."""
    iam, sagemaker, s3 = (moto.client(service) for service in ("iam", "sagemaker", "s3"))
    users = {one["UserName"]: (one["UserId"], one["CreateDate"]) for one in iam.list_users()["Users"]}
    roles = {one["RoleName"]: (one["RoleId"], one["CreateDate"]) for one in iam.list_roles()["Roles"]}
    listed = sagemaker.list_notebook_instances(MaxResults=100)["NotebookInstances"]
    notebooks = {one["NotebookInstanceName"]: (one["NotebookInstanceArn"], one["CreationTime"]) for one in listed}
    buckets = {one["Name"]: one["CreationDate"] for one in s3.list_buckets()["Buckets"]}
    keys = [iam.list_access_keys(UserName=person)["AccessKeyMetadata"] for person in PEOPLE]
    return {"users": users, "roles": roles, "notebooks": notebooks, "buckets": buckets, "keys": keys}


def run(*command: str | Path, environment: dict[str, str] | None = None, said: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command with some input."""
    return subprocess.run(
        command, env=environment, input=said, capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=cwd
    )


def export(workspace: Workspace, moto: MotoServer, name: str) -> Path:
    """Write the account into a folder, by the script for an account without a configuration."""
    asked = ["--account-id", ACCOUNT_ID, "--region", REGION, "--bucket", BUCKET]
    printed = run(binary(), "adopt", "--account", "tokyo", "--script", *asked)
    assert printed.returncode == 0, printed.stderr
    script, folder = workspace.root / "audit.sh", workspace.root / name
    script.write_text(printed.stdout)
    written = run("bash", script, folder, environment=moto.environment())
    assert written.returncode == 0, written.stdout + written.stderr
    return folder


def adopt(workspace: Workspace, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Adopt the account."""
    folders = ["--config", "config", "--out", "out", "--import", "import"]
    return run(binary(), "adopt", "--account", "tokyo", "--from", folder, *folders, *options, cwd=workspace.root)


def test_an_account_made_by_hand_is_adopted_and_keeps_everything(made_by_hand: MotoServer, tmp_path: Path) -> None:
    moto, workspace = made_by_hand, Workspace(tmp_path, "")
    environment = moto.environment()
    before = identity(moto)
    folder = export(workspace, moto, "export")
    adopted = adopt(workspace, folder, "--company", "mycompany")
    assert adopted.returncode == 0, adopted.stderr
    assert "tokyo: 12 people" in adopted.stdout
    # The bucket and its policy, three roles of services, twelve users.
    assert "17 resources to import into 3 stacks" in adopted.stdout, adopted.stdout
    assert sorted(line.split("]")[0] for line in adopted.stderr.splitlines() if line.startswith("warning[")) == [
        "warning[adopt::assumed-owner",
        "warning[adopt::left-out",
    ], adopted.stderr
    workspace.synth()

    # Every slip is found.
    later = (datetime.now(UTC) + timedelta(days=200)).strftime("%Y-%m-%d")
    code, found, findings = audit(workspace, folder, "--today", later)
    assert code == 1
    rules = {rule for rule, _ in found} - {"audit::drift", "audit::not-deployed"}
    assert SLIPS <= found, findings
    reached = {resource for rule, resource in found if rule == "audit::reached"}
    assert f"tokyo/role/{SHARED_ROLE.rpartition('/')[2]}/access" in reached
    assert rules <= {rule for rule, _ in SLIPS} | {
        "audit::reached",
        "isolation::too-wide",
        "isolation::own-refused",
        "isolation::undecided",
        "isolation::wrong-tag",
    }, findings

    # Without the word, nothing is imported.
    script = workspace.root / "import" / "tokyo" / "import.sh"
    refused = run("bash", script, environment=environment, said="no\n")
    assert refused.returncode == 1
    assert "nothing was imported" in refused.stderr
    cloudformation = moto.client("cloudformation")
    states = {one["StackName"]: one["StackStatus"] for one in cloudformation.describe_stacks()["Stacks"]}
    assert set(states.values()) <= {"REVIEW_IN_PROGRESS"}, states
    imported = run("bash", script, environment=environment, said="import\n")
    assert imported.returncode == 0, imported.stdout + imported.stderr
    assert imported.stdout.count(": imported") == 3, imported.stdout
    again = run("bash", script, environment=environment)
    assert again.returncode == 0
    assert "there is nothing to import" in again.stdout
    assert identity(moto) == before

    # What the first deployment changes.
    compared = run(binary(), "diff", "import", "out", "--fail-on", "replaced", "--fail-on", "deleted", cwd=workspace.root)
    assert compared.returncode == 0, compared.stdout + compared.stderr
    assert "for-a-day" in compared.stdout
    deployed = workspace.deploy(environment)
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    turned = run("bash", script, "--notebooks", environment=environment, said="notebooks\n")
    assert turned.returncode == 0, turned.stdout + turned.stderr
    status = moto.client("sagemaker").describe_notebook_instance
    assert status(NotebookInstanceName=notebook_of(RUNNING))["NotebookInstanceStatus"] == "InService"
    assert status(NotebookInstanceName=notebook_of(ADMINISTRATOR))["NotebookInstanceStatus"] == "Stopped"
    again = run("bash", script, "--notebooks", "--yes", environment=environment)
    assert again.stdout.count("is as it is to be") == len(PEOPLE), again.stdout + again.stderr

    after = identity(moto)
    for kind in ("users", "notebooks", "buckets", "keys"):
        assert after[kind] == before[kind], kind
    assert before["roles"].items() <= after["roles"].items()

    # What is left by hand, as the findings and docs/adopt.md say.
    iam, sagemaker, s3 = (moto.client(service) for service in ("iam", "sagemaker", "s3"))
    role = SHARED_ROLE.rpartition("/")[2]
    iam.delete_role_policy(RoleName=role, PolicyName="bucket")
    iam.delete_role(RoleName=role)
    sagemaker.delete_notebook_instance(NotebookInstanceName="spare")
    # The bucket's policy refuses plain HTTP, which these servers speak.
    policy = s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    s3.delete_bucket_policy(Bucket=BUCKET)
    s3.delete_object(Bucket=BUCKET, Key=f"{TWO_FOLDERS}-old/model.tar.gz", VersionId="null")
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)
    code, found, findings = audit(workspace, export(workspace, moto, "last"))
    assert (code, found) == (0, set()), findings


def test_a_person_who_exists_is_imported_into_their_stack(moto: MotoServer, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, "policies: hardened\nservices: []\n")
    workspace.write(({"name": "racer.00"},))
    workspace.synth()
    environment = moto.environment()
    assert workspace.deploy(environment).returncode == 0
    iam = moto.client("iam")
    made = iam.create_user(UserName="sato.hana", Path="/people/", Tags=[{"Key": "team", "Value": "red"}])["User"]
    script = run(binary(), "audit", "--account", "tokyo", "--script", "--config", workspace.root / "config")
    (workspace.root / "audit.sh").write_text(script.stdout)
    folder = workspace.root / "export"
    assert run("bash", workspace.root / "audit.sh", folder, environment=environment).returncode == 0
    asked = adopt(workspace, folder, "--user", "sato.hana")
    assert asked.returncode == 0, asked.stderr
    assert "- name: sato.hana\n  team: red\n" in asked.stdout
    assert not (workspace.root / "import").exists()
    unknown = adopt(workspace, folder, "--user", "nobody")
    assert unknown.returncode == 1
    assert "roster::unknown-user" in unknown.stderr

    workspace.write(({"name": "racer.00"}, {"name": "sato.hana", "team": "red", "notebook": "false"}))
    written = adopt(workspace, folder, "--user", "sato.hana")
    assert written.returncode == 0, written.stderr
    assert "1 resource to import into 1 stack" in written.stdout
    imported = run("bash", workspace.root / "import" / "tokyo" / "import.sh", "--yes", environment=environment)
    assert imported.returncode == 0, imported.stdout + imported.stderr
    workspace.synth()
    deployed = workspace.deploy(environment)
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    after = iam.get_user(UserName="sato.hana")["User"]
    assert (after["UserId"], after["CreateDate"]) == (made["UserId"], made["CreateDate"])
    assert after["Path"] == "/deepracer/"
    assert [one["GroupName"] for one in iam.list_groups_for_user(UserName="sato.hana")["Groups"]] == ["mycompany-deepracer-users"]
