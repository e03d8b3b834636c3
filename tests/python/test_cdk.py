"""The AWS CDK CLI takes the cloud assembly that racestack writes: it lists, compares, deploys and destroys the stacks."""

import json
from pathlib import Path

import pytest

from aws_cli import running_aws_cli
from cdk import Cdk
from moto_server import OTHER_ACCOUNT_ID, REGION, MotoServer
from read_back import declared, found
from templates import declared_resources, load
from test_deploy import NAMES, names_found
from workspace import ALL_SERVICES, PEOPLE, SETTINGS, SLOW, Workspace

TEMPLATES = "mycompany-templates"
# In the order in which they are deployed.
STACKS = ("storage", "access", "notebooks", "service-roles", "users-001", "retired-roles")
# A cdk command takes seconds: other settings than the default ones are for a run at full length.
ALL_SETTINGS = list(SETTINGS) if SLOW else ["hardened"]


@pytest.fixture(params=ALL_SETTINGS)
def cdk(request: pytest.FixtureRequest, moto: MotoServer, tmp_path: Path) -> Cdk:
    """The assembly of an account of three people, by the settings that the run covers."""
    return made(moto, tmp_path, SETTINGS[request.param])


@pytest.fixture
def hardened(moto: MotoServer, tmp_path: Path) -> Cdk:
    """The same, with the roles of the retired services, too."""
    return made(moto, tmp_path, SETTINGS["hardened"] + ALL_SERVICES)


def made(moto: MotoServer, folder: Path, settings: str, people: tuple[dict[str, str], ...] = PEOPLE) -> Cdk:
    """Write a configuration and its assembly."""
    workspace = Workspace(folder, settings)
    workspace.write(people)
    workspace.synth("--assembly", folder / "cdk.out")
    return Cdk(folder / "cdk.out", folder / "home", moto)


def deploy(cdk: Cdk) -> str:
    """Deploy every stack. Returns what cdk says."""
    return cdk.succeed("deploy", "--all", "--require-approval", "never")


def test_the_templates_are_those_of_the_out_folder(workspace: Workspace) -> None:
    workspace.synth("--assembly", workspace.root / "cdk.out")
    templates = sorted(workspace.out.glob("*.yaml"))
    assert templates
    for template in templates:
        as_json = workspace.root / "cdk.out" / f"tokyo-{template.stem}.template.json"
        assert json.loads(as_json.read_text()) == load(template), template


def test_list_names_every_stack_in_order(hardened: Cdk) -> None:
    lines = [line for line in hardened.succeed("ls").splitlines() if line.startswith("tokyo-")]
    assert lines == [f"tokyo-{part} (mycompany-deepracer-{part})" for part in STACKS]


def test_every_resource_comes_as_declared_and_all_but_the_bucket_goes(cdk: Cdk) -> None:
    deploy(cdk)
    resources = declared_resources(cdk.assembly.parent / "out" / "tokyo")
    with running_aws_cli(cdk.moto) as cli:
        for resource in resources:
            place = f"{resource.stack}: {resource.logical_id}"
            assert found(cli, resource.type, resource.properties) == declared(resource.type, resource.properties), place
    assert "Number of stacks with differences: 0" in cdk.succeed("diff")

    cdk.succeed("destroy", "--all", "--force")
    kept = {resource.properties["BucketName"] for resource in resources if resource.type == "AWS::S3::Bucket"}
    assert names_found(cdk.moto) == {kind: sorted(kept) if kind == "AWS::S3::Bucket" else [] for kind in NAMES}


def test_a_second_deployment_changes_nothing(hardened: Cdk) -> None:
    deploy(hardened)
    assert deploy(hardened).count("(no changes)") == len(STACKS)


def test_what_deploy_sh_deployed_is_no_change_to_cdk(hardened: Cdk) -> None:
    workspace = Workspace(hardened.assembly.parent, SETTINGS["hardened"])
    assert workspace.deploy(hardened.moto.environment()).returncode == 0
    assert "Number of stacks with differences: 0" in hardened.succeed("diff", "--strict")
    assert deploy(hardened).count("(no changes)") == len(STACKS)


def test_diff_shows_who_joins_and_who_leaves(hardened: Cdk) -> None:
    deploy(hardened)
    newcomer = {"name": "ito.yui", "team": "blue"}
    changed = made(hardened.moto, hardened.assembly.parent, SETTINGS["hardened"], (*PEOPLE[1:], newcomer))
    said = changed.succeed("diff")
    assert "Number of stacks with differences: 1" in said
    for line in ("[+] AWS::IAM::User ItoYuiUser", "[-] AWS::IAM::User TanakaTaroUser"):
        assert line in said


def test_diff_against_an_old_template_asks_no_account(hardened: Cdk) -> None:
    old = json.loads((hardened.assembly / "tokyo-storage.template.json").read_text())
    old["Resources"]["Bucket"]["Properties"]["BucketName"] = "another-deepracer-bucket"
    template = hardened.assembly.parent / "old.json"
    template.write_text(json.dumps(old))
    said = hardened.succeed("diff", "tokyo-storage", "--template", template)
    assert "[~] AWS::S3::Bucket Bucket" in said
    assert "requires replacement" in said
    # What a bucket policy says of itself is unchanged, since its templates name the bucket by its name.
    assert "Number of stacks with differences: 1" in said


def test_templates_go_through_the_bucket_that_the_settings_name(moto: MotoServer, tmp_path: Path) -> None:
    moto.client("s3").create_bucket(Bucket=TEMPLATES, CreateBucketConfiguration={"LocationConstraint": REGION})
    people = tuple({"name": f"racer.{number:02}"} for number in range(60))
    settings = f"{SETTINGS['hardened']}deploy:\n  template_bucket: {TEMPLATES}\n"
    cdk = made(moto, tmp_path, settings, people)
    largest = (tmp_path / "out" / "tokyo" / "users-001.yaml").stat().st_size
    assert largest > 51_200, "no template is too large to be handed over directly"

    deploy(cdk)
    assert len(moto.client("iam").list_users()["Users"]) == len(people)
    objects = moto.client("s3").list_objects_v2(Bucket=TEMPLATES)["Contents"]
    assert len(objects) == len(list(cdk.assembly.glob("*.template.json")))


def test_another_accounts_credentials_deploy_nothing(hardened: Cdk, other_moto: MotoServer, tmp_path: Path) -> None:
    refused = Cdk(hardened.assembly, tmp_path / "elsewhere", other_moto).run("deploy", "--all")
    assert refused.returncode != 0
    assert f"the current credentials are for {OTHER_ACCOUNT_ID}" in refused.stdout
    assert all(not names for names in names_found(other_moto).values())
