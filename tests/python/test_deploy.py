"""The generated deploy.sh, run with the AWS CLI against an account, brings exactly what the templates declare."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from aws_cli import AwsCli, running_aws_cli
from conftest import BROAD, MOST
from moto_server import OTHER_ACCOUNT_ID, REGION, MotoServer
from read_back import declared, found
from templates import declared_resources, load
from workspace import SETTINGS, SLOW, Workspace

TEAMS = ("blue", "red", "green")


# What other settings bring, the tests of the console and of the stands deploy.
@pytest.mark.parametrize("workspace", MOST, indirect=True)
def test_every_resource_comes_as_declared(moto: MotoServer, workspace: Workspace) -> None:
    deployed = workspace.deploy(moto.environment())
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr

    resources = declared_resources(workspace.out)
    with running_aws_cli(moto) as cli:
        for resource in resources:
            place = f"{resource.stack}.yaml: {resource.logical_id}"
            answer = found(cli, resource.type, resource.properties)
            assert answer == declared(resource.type, resource.properties), place
    assert names_found(moto) == {
        kind: sorted(resource.properties[name] for resource in resources if resource.type == kind)
        for kind, name in NAMES.items()
    }


@pytest.mark.parametrize("workspace", BROAD, indirect=True)
def test_a_second_deployment_changes_nothing(moto: MotoServer, workspace: Workspace) -> None:
    assert workspace.deploy(moto.environment()).returncode == 0
    dates = creation_dates(moto)
    workspace.synth()
    again = workspace.deploy(moto.environment())
    assert again.returncode == 0, again.stdout + again.stderr
    stacks = len(list(workspace.out.glob("*.yaml")))
    assert f": 0 deployed, {stacks} unchanged, 0 failed, 0 skipped" in again.stdout
    assert "change set" not in again.stdout
    assert creation_dates(moto) == dates


def test_of_many_some_leave_and_eight_join_without_moving_others(moto: MotoServer, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, SETTINGS["hardened"])
    people = tuple({"name": f"racer.{number:02}", "team": TEAMS[number % 3]} for number in range(60 if SLOW else 20))
    newcomers = tuple({"name": f"rookie.{number}", "team": TEAMS[number % 3]} for number in range(8))
    # No more than a tenth: of more, deploy.sh wants to know the number.
    leavers = {people[at]["name"] for at in ((3, 4, 17, 31, -1) if SLOW else (3, -1))}
    workspace.write(people)
    workspace.synth()
    assert workspace.deploy(moto.environment()).returncode == 0
    make_access_keys(moto, [person["name"] for person in people if person["name"] not in leavers])
    with running_aws_cli(moto) as cli:
        before = belongings(cli)
    assert {name.split()[1] for name in before if name.startswith("user ")} == {person["name"] for person in people}

    workspace.write(newcomers + tuple(person for person in people if person["name"] not in leavers))
    workspace.synth()
    deployed = workspace.deploy(moto.environment())
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr

    with running_aws_cli(moto) as cli:
        after = belongings(cli)
    assert set(before) - set(after) == things_of(leavers)
    assert set(after) - set(before) == things_of({person["name"] for person in newcomers})
    assert {name: after[name] for name in after if name in before} == {
        name: before[name] for name in before if name in after
    }


@pytest.mark.parametrize("workspace", BROAD, indirect=True)
def test_another_accounts_credentials_deploy_nothing(workspace: Workspace, other_moto: MotoServer) -> None:
    refused = workspace.deploy(other_moto.environment())
    assert refused.returncode != 0
    assert OTHER_ACCOUNT_ID in refused.stdout + refused.stderr
    assert "Waiting for changeset" not in refused.stdout
    assert other_moto.client("cloudformation").list_stacks()["StackSummaries"] == []
    assert all(not names for names in names_found(other_moto).values())


@pytest.mark.parametrize("workspace", BROAD, indirect=True)
def test_a_failed_stack_stops_what_needs_it_and_nothing_else(moto: MotoServer, workspace: Workspace) -> None:
    bucket = next(
        resource["Properties"]["BucketName"]
        for resource in load(workspace.out / "storage.yaml")["Resources"].values()
        if resource["Type"] == "AWS::S3::Bucket"
    )
    here = {"LocationConstraint": REGION}
    moto.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=here)
    failed = workspace.deploy(moto.environment())
    assert failed.returncode != 0
    stacks = moto.client("cloudformation").describe_stacks()["Stacks"]
    states = {stack["StackName"].removeprefix("mycompany-deepracer-"): stack["StackStatus"] for stack in stacks}
    assert states.pop("storage") == "ROLLBACK_COMPLETE"
    assert set(states.values()) == {"CREATE_COMPLETE"} and not any(name.startswith("users") for name in states), states
    assert "failed: mycompany-deepracer-storage: it is ROLLBACK_COMPLETE: Bucket (AWS::S3::Bucket): " in failed.stdout
    assert "aws cloudformation delete-stack --region ap-northeast-1 --stack-name mycompany-deepracer-storage" in failed.stdout
    assert "skipped: mycompany-deepracer-users-001 needs mycompany-deepracer-storage, which failed" in failed.stdout

    # The way out that it names leads out.
    moto.client("s3").delete_bucket(Bucket=bucket)
    moto.client("cloudformation").delete_stack(StackName="mycompany-deepracer-storage")
    assert workspace.deploy(moto.environment()).returncode == 0


@pytest.mark.parametrize("workspace", BROAD, indirect=True)
def test_a_first_creation_that_fails_leaves_no_bucket_behind(moto: MotoServer, workspace: Workspace) -> None:
    late = (
        "  Late:\n    Type: AWS::IAM::Group\n    DependsOn: BucketPolicy\n    Properties:\n      GroupName: late\n"
        "      ManagedPolicyArns: [arn:aws:iam::111122223333:policy/not-there]\n\nOutputs:"
    )
    template = workspace.root / "late.yaml"
    template.write_text((workspace.out / "storage.yaml").read_text().replace("\nOutputs:", late, 1))
    name = "mycompany-deepracer-storage"
    cloudformation = moto.client("cloudformation")
    made = cloudformation.create_change_set(
        StackName=name,
        ChangeSetName="late",
        ChangeSetType="CREATE",
        TemplateBody=template.read_text(),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Tags=[{"Key": "managed-by", "Value": "racestack"}],
    )
    cloudformation.execute_change_set(ChangeSetName=made["Id"], StackName=name)
    assert cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "ROLLBACK_COMPLETE"
    assert moto.client("s3").list_buckets()["Buckets"] == []
    cloudformation.delete_stack(StackName=name)
    assert workspace.deploy(moto.environment()).returncode == 0


# The property that names a resource, for each type that an account must hold nothing else of.
NAMES = {
    "AWS::S3::Bucket": "BucketName",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::Role": "RoleName",
    "AWS::SageMaker::NotebookInstance": "NotebookInstanceName",
    "AWS::SecretsManager::Secret": "Name",
}


def names_found(moto: MotoServer) -> dict[str, list[str]]:
    """The names of everything in the account."""
    iam, s3, sagemaker = (moto.client(service) for service in ("iam", "s3", "sagemaker"))
    lists = {
        "AWS::S3::Bucket": [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]],
        "AWS::IAM::Group": [group["GroupName"] for group in iam.list_groups()["Groups"]],
        "AWS::IAM::ManagedPolicy": [p["PolicyName"] for p in iam.list_policies(Scope="Local")["Policies"]],
        "AWS::IAM::User": [user["UserName"] for user in iam.list_users()["Users"]],
        "AWS::IAM::Role": [role["RoleName"] for role in iam.list_roles()["Roles"]],
        "AWS::SageMaker::NotebookInstance": [
            notebook["NotebookInstanceName"] for notebook in sagemaker.list_notebook_instances()["NotebookInstances"]
        ],
        "AWS::SecretsManager::Secret": [s["Name"] for s in moto.client("secretsmanager").list_secrets()["SecretList"]],
    }
    return {kind: sorted(names) for kind, names in lists.items()}


def creation_dates(moto: MotoServer) -> dict[str, tuple[datetime, str]]:
    """When everything that belongs to people was made; with its ID, where it has one, as a second is long."""
    iam, sagemaker = moto.client("iam"), moto.client("sagemaker")
    users = {f"user {user['UserName']}": (user["CreateDate"], user["UserId"]) for user in iam.list_users()["Users"]}
    roles = {f"role {role['RoleName']}": (role["CreateDate"], role["RoleId"]) for role in iam.list_roles()["Roles"]}
    notebooks = {
        f"notebook {notebook['NotebookInstanceName']}": (notebook["CreationTime"], "")
        for notebook in sagemaker.list_notebook_instances()["NotebookInstances"]
    }
    return users | roles | notebooks


def things_of(names: Iterable[str]) -> set[str]:
    """What people have, as `belongings` names it."""
    kinds = ("user {}", "role {}", "notebook {}")
    return {kind.format(name if "notebook" not in kind else name.replace(".", "-")) for name in names for kind in kinds}


def make_access_keys(moto: MotoServer, names: Iterable[str]) -> None:
    """Give each of these users an access key, as people make for themselves."""
    for name in names:
        moto.client("iam").create_access_key(UserName=name)


def belongings(cli: AwsCli) -> dict[str, Any]:
    """What the AWS CLI shows of everything that belongs to people: when it was made, its ID, and the keys of users."""
    keys = {}
    users = cli.ask("iam", "list-users")["Users"]
    for user in users:
        answer = cli.ask("iam", "list-access-keys", "--user-name", user["UserName"])
        keys[user["UserName"]] = [(key["AccessKeyId"], key["CreateDate"]) for key in answer["AccessKeyMetadata"]]
    shown = {f"user {user['UserName']}": (user["CreateDate"], user["UserId"], keys[user["UserName"]]) for user in users}
    for role in cli.ask("iam", "list-roles")["Roles"]:
        shown[f"role {role['RoleName']}"] = (role["CreateDate"], role["RoleId"])
    for notebook in cli.ask("sagemaker", "list-notebook-instances")["NotebookInstances"]:
        shown[f"notebook {notebook['NotebookInstanceName']}"] = notebook["CreationTime"]
    return shown
