"""The StackSet's template, filled with an account's values, is that account's own template: told by other code than makes it."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from moto_server import MotoServer
from templates import load
from test_lint import TOOLS, shellcheck
from workspace import KMS_KEY, binary

ACCOUNTS = {
    "tokyo": ("111122223333", "ap-northeast-1", "20221130201905"),
    "seoul": ("444455556666", "ap-northeast-2", "20240115093000"),
    "osaka": ("777788889999", "ap-northeast-1", "20250101000000"),
}
PARTS = ("access", "service-roles", "retired-roles", "storage")
VARIABLE = re.compile(r"\$\{(!?)([^}]*)}")


@pytest.fixture(params=["hardened", "documented", "keys"])
def fleet(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A fleet of three accounts, two of them in one region."""
    policies = "documented" if request.param == "documented" else "hardened"
    config = tmp_path / "config"
    config.mkdir()
    (config / "settings.yaml").write_text(
        f"company: mycompany\npolicies: {policies}\nbucket: {{purpose: test}}\n"
        "services: [deepracer, lambda, sagemaker, robomaker, cloudformation]\n"
    )
    for name, (account_id, region, created) in ACCOUNTS.items():
        account = config / "accounts" / name
        account.mkdir(parents=True)
        key = KMS_KEY.replace("111122223333", account_id).replace("ap-northeast-1", region)
        own_key = f', kms_key: "{key}"' if request.param == "keys" else ""
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
        assert set(account["parameters"]) == set(template.get("Parameters", {}))
        pseudo = {"AWS::AccountId": account["account_id"], "AWS::Region": account["region"]}
        filled = fill(template, account["parameters"] | pseudo)
        filled.pop("Parameters", None)
        assert filled == own, name


@pytest.mark.parametrize("part", PARTS)
def test_the_linters_accept_it(fleet: Path, part: str) -> None:
    folder = stack_set(fleet, part)
    shellcheck([folder / "create.sh"])
    finished = subprocess.run(
        [TOOLS / "cfn-lint", "--format", "json", "--regions", "ap-northeast-1", "--", folder / "template.json"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    # Its rules on policies no longer know the actions of a service that AWS has retired.
    findings = [finding for finding in json.loads(finished.stdout) if finding["Rule"]["Id"] != "W3037"]
    assert findings == []


def test_the_aws_cli_makes_it(fleet: Path, moto: MotoServer) -> None:
    folder = stack_set(fleet, "access")
    finished = subprocess.run(
        ["bash", folder / "create.sh"],
        env=moto.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    cloudformation = moto.client("cloudformation")
    name = "mycompany-deepracer-access"
    made = cloudformation.describe_stack_set(StackSetName=name)["StackSet"]
    # moto keeps no capabilities of a StackSet.
    assert "--capabilities CAPABILITY_NAMED_IAM" in (folder / "create.sh").read_text()
    assert {tag["Key"]: tag["Value"] for tag in made["Tags"]} == {"managed-by": "racestack"}
    # No bucket can be called so: an account that is given no values is given no bucket.
    assert {parameter["ParameterValue"] for parameter in made["Parameters"]} == {"SET-FOR-EACH-ACCOUNT"}
    accounts = json.loads((folder / "parameters.json").read_text())
    instances = cloudformation.list_stack_instances(StackSetName=name)["Summaries"]
    assert {(one["Account"], one["Region"]) for one in instances} == {
        (account["account_id"], account["region"]) for account in accounts.values()
    }
    for account in accounts.values():
        found = cloudformation.describe_stack_instance(
            StackSetName=name, StackInstanceAccount=account["account_id"], StackInstanceRegion=account["region"]
        )["StackInstance"]["ParameterOverrides"]
        assert {one["ParameterKey"]: one["ParameterValue"] for one in found} == account["parameters"]


def stack_set(fleet: Path, part: str) -> Path:
    """Write the StackSet of a part. Returns its folder."""
    folder = fleet / "sets" / part
    finished = subprocess.run(
        [binary(), "synth", "--config", fleet / "config", "--out", fleet / "out", "--stackset", part, "--to", folder],
        capture_output=True,
        text=True,
        timeout=60,
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
