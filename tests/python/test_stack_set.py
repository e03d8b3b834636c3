"""The StackSet's template, filled with an account's values, is that account's own template: told by other code than makes it."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from moto_server import MotoServer
from patience import PATIENCE
from templates import load
from test_lint import TOOLS, shellcheck
from workspace import ALL_SERVICES, KMS_KEY, PEOPLE, SETTINGS, SLOW, Workspace, binary

ACCOUNTS = {
    "tokyo": ("111122223333", "ap-northeast-1", "20221130201905"),
    "seoul": ("444455556666", "ap-northeast-2", "20240115093000"),
    "osaka": ("777788889999", "ap-northeast-1", "20250101000000"),
}
OTHER_TAGS = [{"Key": "managed-by", "Value": "somebody"}]
PARTS = ("access", "service-roles", "retired-roles", "storage", "operations")
# CloudFormation asks for it where a template names roles, users, groups or policies.
CAPABILITIES = {
    "access": ["CAPABILITY_NAMED_IAM"],
    "service-roles": ["CAPABILITY_NAMED_IAM"],
    "retired-roles": ["CAPABILITY_NAMED_IAM"],
    "operations": ["CAPABILITY_NAMED_IAM"],
    "storage": [],
}
# The last has most parameters.
KINDS = ["hardened", "documented", "keys"]
VARIABLE = re.compile(r"\$\{(!?)([^}]*)}")


@pytest.fixture(params=KINDS)
def fleet(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A fleet of three accounts, two of them in one region."""
    return made(tmp_path, request.param)


@pytest.fixture
def fleet_with_keys(tmp_path: Path) -> Path:
    """The one with most parameters."""
    return made(tmp_path, "keys")


def made(tmp_path: Path, kind: str) -> Path:
    """Write the configuration of a fleet."""
    policies = "documented" if kind == "documented" else "hardened"
    config = tmp_path / "config"
    config.mkdir()
    (config / "settings.yaml").write_text(
        f"company: mycompany\npolicies: {policies}\nbucket: {{purpose: test}}\n"
        "services: [deepracer, lambda, sagemaker, robomaker, cloudformation]\n"
        "access_keys: {notify: admins@example.com}\n"
        "budgets: {monthly_usd: 500, notify: costs@example.com}\n"
        f"deploy: {{stack_sets: [{', '.join(PARTS)}]}}\n"
    )
    for name, (account_id, region, created) in ACCOUNTS.items():
        account = config / "accounts" / name
        account.mkdir(parents=True)
        key = KMS_KEY.replace("111122223333", account_id).replace("ap-northeast-1", region)
        own_key = f', kms_key: "{key}"' if kind == "keys" else ""
        (account / "settings.yaml").write_text(
            f'account_id: "{account_id}"\nregion: {region}\nbucket: {{created: "{created}"{own_key}}}\n'
        )
        (account / "roster.csv").write_text("name\ntaro\n")
    return tmp_path


@pytest.mark.parametrize("part", PARTS)
def test_filled_with_an_accounts_values_it_is_the_accounts_template(fleet: Path, part: str) -> None:
    folder = stack_set(fleet, part)
    template = json.loads((folder / "template.json").read_text())
    accounts = json.loads((folder / "parameters.json").read_text())
    assert set(accounts) == set(ACCOUNTS)
    text = json.dumps(template)
    for name, account in accounts.items():
        own = load(fleet / "out" / name / f"{part}.yaml")
        assert account["account_id"] not in text
        # What deploy.sh of an account knows the template by.
        own.pop("Outputs").pop("TemplateDigest")
        assert set(account["parameters"]) == set(template.get("Parameters", {}))
        pseudo = {"AWS::AccountId": account["account_id"], "AWS::Region": account["region"]}
        filled = fill(template, account["parameters"] | pseudo)
        filled.pop("Parameters", None)
        assert filled == own, name


@pytest.mark.parametrize("fleet", KINDS if SLOW else ["keys"], indirect=True)
def test_the_linters_accept_them(fleet: Path) -> None:
    folders = [stack_set(fleet, part) for part in PARTS]
    shellcheck([folder / "deploy.sh" for folder in folders])
    templates = [folder / "template.json" for folder in folders]
    finished = subprocess.run(
        [TOOLS / "cfn-lint", "--format", "json", "--regions", "ap-northeast-1", "--", *templates],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    # Its rules on policies no longer know the actions of a service that AWS has retired.
    findings = [finding for finding in json.loads(finished.stdout) if finding["Rule"]["Id"] != "W3037"]
    assert findings == []


@pytest.mark.parametrize("part", PARTS)
def test_the_aws_cli_makes_it(fleet_with_keys: Path, moto: MotoServer, part: str) -> None:
    folder = stack_set(fleet_with_keys, part)
    # The server refuses a StackSet that lacks a capability or a parameter that its template asks for.
    finished = deploy(folder, moto)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    cloudformation = moto.client("cloudformation")
    name = f"mycompany-deepracer-{part}"
    made = cloudformation.describe_stack_set(StackSetName=name)["StackSet"]
    assert {tag["Key"]: tag["Value"] for tag in made["Tags"]} == {"managed-by": "racestack"}
    # No bucket can be called so: an account that is given no values is given no bucket.
    assert {parameter["ParameterValue"] for parameter in made["Parameters"]} <= {"SET-FOR-EACH-ACCOUNT"}
    accounts = json.loads((folder / "parameters.json").read_text())
    instances = cloudformation.list_stack_instances(StackSetName=name)["Summaries"]
    assert {(one["Account"], one["Region"]) for one in instances} == {
        (account["account_id"], account["region"]) for account in accounts.values()
    }
    assert overrides(moto, part) == {account["account_id"]: account["parameters"] for account in accounts.values()}


def test_a_second_run_brings_it_up_to_date(fleet_with_keys: Path, moto: MotoServer) -> None:
    first = stack_set(fleet_with_keys, "access", "--account", "tokyo", "--account", "seoul")
    assert deploy(first, moto).returncode == 0
    settings = fleet_with_keys / "config" / "accounts" / "tokyo" / "settings.yaml"
    settings.write_text(settings.read_text().replace("20221130201905", "20260101000000"))
    company = fleet_with_keys / "config" / "settings.yaml"
    company.write_text(company.read_text() + "tags: {CostCenter: \"4711\"}\n")
    finished = deploy(stack_set(fleet_with_keys, "access", "--leave-behind"), moto)
    assert finished.returncode == 0, finished.stderr
    cloudformation = moto.client("cloudformation")
    made = cloudformation.describe_stack_set(StackSetName="mycompany-deepracer-access")["StackSet"]
    assert json.loads(made["TemplateBody"]) == json.loads((first / "template.json").read_text())
    assert {tag["Key"] for tag in made["Tags"]} == {"managed-by", "CostCenter"}
    expected = json.loads((first / "parameters.json").read_text())
    assert expected["tokyo"]["parameters"]["BucketName"].endswith("20260101000000")
    assert overrides(moto, "access") == {one["account_id"]: one["parameters"] for one in expected.values()}


@pytest.mark.parametrize("kind", ["hardened", "keys"] if SLOW else ["keys"])
def test_what_is_up_to_date_is_passed_over(tmp_path: Path, moto: MotoServer, kind: str) -> None:
    folder = stack_set(made(tmp_path, kind), "storage")
    assert deploy(folder, moto).stdout.count(", operation ") == len(ACCOUNTS)
    again = deploy(folder, moto)
    assert again.returncode == 0, again.stderr
    assert "mycompany-deepracer-storage: the StackSet is up to date" in again.stdout
    assert ", operation " not in again.stdout

    # Other values of one account alone, another template, other tags: each is one operation.
    cloudformation = moto.client("cloudformation")
    name = "mycompany-deepracer-storage"
    values = json.loads((folder / "parameters.json").read_text())["seoul"]
    other = [
        {"ParameterKey": key, "ParameterValue": "other" if key == "BucketName" else value}
        for key, value in values["parameters"].items()
    ]
    where = {"Accounts": [values["account_id"]], "Regions": [ACCOUNTS["seoul"][1]]}
    cloudformation.update_stack_instances(StackSetName=name, **where, ParameterOverrides=other)
    assert "update-stack-instances, operation" in deploy(folder, moto).stdout
    assert overrides(moto, "storage")[values["account_id"]] == values["parameters"]
    kept = cloudformation.describe_stack_set(StackSetName=name)["StackSet"]
    parameters = [{"ParameterKey": one["ParameterKey"], "UsePreviousValue": True} for one in kept.get("Parameters", [])]
    for change in ({"TemplateBody": kept["TemplateBody"] + " ", "Tags": kept["Tags"]}, {"TemplateBody": kept["TemplateBody"], "Tags": OTHER_TAGS}):
        cloudformation.update_stack_set(StackSetName=name, Parameters=parameters, **change)
        changed = deploy(folder, moto).stdout
        assert "update-stack-set, operation" in changed and changed.count(", operation ") == 1
    assert "the StackSet is up to date" in deploy(folder, moto).stdout


def test_a_parameter_that_is_new_to_its_stacks_changes_nothing_before_they_have_values_of_it(
    fleet_with_keys: Path, moto: MotoServer
) -> None:
    settings = {
        account: fleet_with_keys / "config" / "accounts" / account / "settings.yaml" for account in ACCOUNTS
    }
    with_keys = {account: path.read_text() for account, path in settings.items()}
    for account, path in settings.items():
        path.write_text(re.sub(", kms_key: [^}]*", "", with_keys[account]))
    assert deploy(stack_set(fleet_with_keys, "access"), moto).returncode == 0
    before = overrides(moto, "access")
    for account, path in settings.items():
        path.write_text(with_keys[account])
    folder = stack_set(fleet_with_keys, "access")
    refused = deploy(folder, moto)
    assert refused.returncode == 1
    for account_id, region, _ in ACCOUNTS.values():
        assert f"the stack in {account_id}, {region} has no value of its own for BucketKeyArn" in refused.stderr
    assert "BucketName" not in refused.stderr
    cloudformation = moto.client("cloudformation")
    name = "mycompany-deepracer-access"
    assert "BucketKeyArn" not in cloudformation.describe_stack_set(StackSetName=name)["StackSet"]["TemplateBody"]
    assert overrides(moto, "access") == before

    # The steps that it tells.
    accounts = json.loads((folder / "parameters.json").read_text()).values()
    steps = re.findall(r"aws cloudformation (update-.*) ParameterKey=KEY,ParameterValue=VALUE ...", refused.stderr)
    assert len(steps) == 2
    for step in steps:
        for account in accounts:
            words = step.replace("ACCOUNT", account["account_id"]).replace("REGION", account["region"]).split()
            values = [f"ParameterKey={key},ParameterValue={value}" for key, value in account["parameters"].items()]
            taken = run(["aws", "cloudformation", *words, *values], folder, moto)
            assert taken.returncode == 0, taken.stderr
    deployed = deploy(folder, moto)
    assert deployed.returncode == 0, deployed.stderr
    assert overrides(moto, "access") == {account["account_id"]: account["parameters"] for account in accounts}


def test_each_operation_ends_well_before_the_next_begins(fleet_with_keys: Path, tmp_path: Path) -> None:
    """Told by an AWS CLI that answers as written here: the server's operations end at once."""
    folder = stack_set(fleet_with_keys, "access")
    programs = tmp_path / "programs"
    programs.mkdir()
    aws = programs / "aws"
    aws.write_text(
        "#!/usr/bin/env bash\nprintf '%s\\n' \"$2\" >>asked\ncase $2 in\n"
        "  update-stack-set | create-stack-instances) echo 0f1e2d3c ;;\n"
        "  describe-stack-set-operation)\n"
        "    if [ -e running ]; then echo \"$ENDS\"; else touch running; echo RUNNING; fi ;;\n"
        "esac\n"
    )
    sleep = programs / "sleep"
    sleep.write_text("#!/bin/sh\n")
    for program in (aws, sleep):
        program.chmod(0o755)
    environment = {"PATH": f"{programs}:/usr/bin:/bin", "LC_ALL": "C"}

    def asked(ends: str) -> tuple[int, str, list[str]]:
        """The exit code, the errors, and what is asked from the first operation on."""
        for name in ("asked", "running"):
            (folder / name).unlink(missing_ok=True)
        finished = subprocess.run(
            ["bash", "deploy.sh"],
            cwd=folder,
            env=environment | {"ENDS": ends},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        lines = (folder / "asked").read_text().splitlines()
        return finished.returncode, finished.stderr, lines[lines.index("describe-stack-set-operation") :]

    wait, create = "describe-stack-set-operation", "create-stack-instances"
    code, errors, commands = asked("FAILED")
    assert code == 1
    assert "update-stack-set ended as FAILED" in errors
    assert commands == [wait, wait]
    code, errors, commands = asked("SUCCEEDED")
    assert code == 0, errors
    assert commands == [wait, wait, *[create, wait] * len(ACCOUNTS)]


def test_a_template_that_synth_did_not_write_is_not_deployed(fleet_with_keys: Path, moto: MotoServer) -> None:
    folder = stack_set(fleet_with_keys, "access")
    template = folder / "template.json"
    template.write_text(template.read_text().replace("sagemaker:", "sagemaker:*"))
    refused = deploy(folder, moto)
    assert refused.returncode == 1
    assert "a template is not the one that synth wrote: nothing was deployed" in refused.stderr
    assert not moto.client("cloudformation").list_stack_sets()["Summaries"]


def test_a_question_without_an_answer_stops_it(fleet_with_keys: Path, moto: MotoServer, nobody: str) -> None:
    folder = stack_set(fleet_with_keys, "access")
    environment = moto.environment() | {"AWS_ENDPOINT_URL": f"http://{nobody}"}
    finished = subprocess.run(
        ["bash", "deploy.sh"], cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert finished.returncode != 0
    assert finished.stderr.count("Could not connect") == 1, "nothing more is asked"


@pytest.mark.parametrize("part", PARTS)
def test_it_asks_for_no_capability_that_its_template_does_without(fleet_with_keys: Path, moto: MotoServer, part: str) -> None:
    script = stack_set(fleet_with_keys, part) / "deploy.sh"
    asked = re.findall(r"^capabilities='(.*)'", script.read_text(), re.MULTILINE)
    assert [word for words in asked for word in words.split()] == CAPABILITIES[part]
    if CAPABILITIES[part]:
        without = re.sub(r"(?m)^capabilities=.*", "capabilities=''", script.read_text())
        script.write_text(without)
        refused = deploy(script.parent, moto)
        assert refused.returncode != 0
        assert "InsufficientCapabilities" in refused.stderr


def test_deploy_sh_waits_for_the_stack_sets(moto: MotoServer, tmp_path: Path) -> None:
    """The parts that StackSets deploy are left to them, and missed where they are needed."""
    account = Workspace(
        tmp_path, SETTINGS["operations"] + ALL_SERVICES + "deploy: {stack_sets: [access, service-roles, operations], git_sync: out}\n"
    )
    account.write()
    account.synth("--assembly", tmp_path / "cdk.out")
    shellcheck([account.out / "deploy.sh"])
    stacks = moto.client("cloudformation")
    for part, lacks in (("access", "NoSuchEntity"), ("operations", "NotFound")):
        early = account.deploy(moto.environment())
        assert early.returncode != 0
        assert lacks in early.stdout
        assert f"failed: mycompany-deepracer-{part}: a StackSet deploys it, and it is not in this account yet" in early.stdout
        assert not moto.client("iam").list_users()["Users"]
        deploy_as_stack_set(tmp_path, part, moto)
    deployed = account.deploy(moto.environment())
    assert deployed.returncode == 0, deployed.stderr
    assert len(moto.client("iam").list_users()["Users"]) == len(PEOPLE)
    own = {f"mycompany-deepracer-{part}" for part in ("storage", "notebooks", "users-001", "retired-roles")}
    names = {stack["StackName"] for stack in stacks.list_stacks()["StackSummaries"]}
    assert {name for name in names if not name.startswith("StackSet-")} == own

    by_script = {stack["name"] for stack in manifest(account) if "deployed_by" not in stack}
    assert by_script == own
    assert {stack["name"] for stack in manifest(account) if "git_sync" in stack} == own
    artifacts = json.loads((tmp_path / "cdk.out" / "manifest.json").read_text())["artifacts"]
    assert {artifact["properties"]["stackName"] for artifact in artifacts.values()} == own


def overrides(moto: MotoServer, part: str) -> dict[str, dict[str, str]]:
    """The values that the StackSet has for each account."""
    cloudformation = moto.client("cloudformation")
    name = f"mycompany-deepracer-{part}"
    found = {}
    for one in cloudformation.list_stack_instances(StackSetName=name)["Summaries"]:
        instance = cloudformation.describe_stack_instance(
            StackSetName=name, StackInstanceAccount=one["Account"], StackInstanceRegion=one["Region"]
        )["StackInstance"]
        values = instance.get("ParameterOverrides", [])
        found[one["Account"]] = {value["ParameterKey"]: value["ParameterValue"] for value in values}
    return found


def manifest(account: Workspace) -> list[dict[str, Any]]:
    """The stacks as the manifest lists them."""
    return json.loads((account.out / "manifest.json").read_text())["stacks"]


def deploy_as_stack_set(fleet: Path, part: str, moto: MotoServer) -> None:
    """Deploy the account's stack of a StackSet, under a name such as StackSets give."""
    folder = stack_set(fleet, part)
    account = json.loads((folder / "parameters.json").read_text())["tokyo"]
    pseudo = {"AWS::AccountId": account["account_id"], "AWS::Region": account["region"]}
    template = fill(json.loads((folder / "template.json").read_text()), account["parameters"] | pseudo)
    template.pop("Parameters", None)
    (folder / "filled.json").write_text(json.dumps(template))
    command = ["aws", "cloudformation", "deploy", "--template-file", "filled.json", "--capabilities", *CAPABILITIES[part]]
    name = f"StackSet-mycompany-deepracer-{part}-0f1e2d3c"
    finished = run([*command, "--stack-name", name], folder, moto)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def deploy(folder: Path, moto: MotoServer) -> subprocess.CompletedProcess[str]:
    """Run the StackSet's deploy.sh."""
    return run(["bash", "deploy.sh"], folder, moto)


def run(command: list[str], folder: Path, moto: MotoServer) -> subprocess.CompletedProcess[str]:
    """Run a command that speaks to the server."""
    return subprocess.run(
        command,
        cwd=folder,
        env=moto.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def stack_set(fleet: Path, part: str, *options: str) -> Path:
    """Write the StackSet of a part. Returns its folder."""
    folder = fleet / "sets" / part
    config, out = ["--config", fleet / "config"], ["--out", fleet / "out"]
    finished = subprocess.run(
        [binary(), "synth", *config, *out, "--stackset", part, "--to", folder, *options],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return folder


def fill(value: Any, values: dict[str, str]) -> Any:
    """A template with parameters put in. What else functions refer to stays."""
    if isinstance(value, list):
        return [fill(entry, values) for entry in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((function, argument),) = value.items()
        if function == "Ref" and argument in values:
            return values[argument]
        if function == "Fn::Sub":
            return VARIABLE.sub(lambda found: f"${{{found[2]}}}" if found[1] else values[found[2]], argument)
    return {key: fill(inner, values) for key, inner in value.items()}
