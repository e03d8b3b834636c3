"""Checkers that others wrote report nothing about the hardened stacks but what is listed here. docs/security.md has the reasons.

They are large, and run at full length alone: `make test-all` (conftest.py)."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from patience import PATIENCE
from templates import load
from test_parliament import documents
from workspace import REPOSITORY, SETTINGS, Workspace

TOOLS = REPOSITORY / ".venv-checkers" / "bin"
HARDENED = [name for name, settings in SETTINGS.items() if "policies: documented" not in settings]

# What checkov reports, by the resource's logical ID; of a person, by what its ID ends with.
CHECKOV = {
    ("CKV_AWS_18", "Bucket"),
    ("CKV_AWS_107", "DeepRacerRole"),
    ("CKV_AWS_109", "CloudFormationRole"),
    ("CKV_AWS_109", "DeepRacerRole"),
    ("CKV_AWS_109", "RoboMakerRole"),
    ("CKV_AWS_109", "SageMakerRole"),
    ("CKV_AWS_111", "CloudFormationRole"),
    ("CKV_AWS_111", "DeepRacerRole"),
    ("CKV_AWS_111", "RoboMakerRole"),
    ("CKV_AWS_111", "SageMakerRole"),
    ("CKV_AWS_115", "KeyRotation"),
    ("CKV_AWS_116", "KeyRotation"),
    ("CKV_AWS_117", "KeyRotation"),
    ("CKV_AWS_173", "KeyRotation"),
    ("CKV_AWS_187", "Notebook"),
}
# What cloudsplaining reports of the policies of people, notebooks and the rotation of keys. Service roles are not looked at: they
# have what the services' documents ask for.
CLOUDSPLAINING = {("NotebookPolicy", "credentials exposure", "ecr:GetAuthorizationToken")}


@pytest.fixture(scope="module")
def checkers() -> None:
    """The checkers, installed."""
    subprocess.run([REPOSITORY / "tests" / "python" / "install-checkers.sh"], timeout=PATIENCE, check=True)


@pytest.fixture
def out(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The generated account with these settings."""
    made = Workspace(tmp_path, SETTINGS[request.param])
    made.write()
    made.synth()
    return made.out


@pytest.mark.usefixtures("checkers")
@pytest.mark.parametrize("out", HARDENED, indirect=True)
def test_checkov_reports_what_is_listed_and_no_more(out: Path) -> None:
    command = [TOOLS / "checkov", "-d", out, "--framework", "cloudformation", "-o", "json", "--compact", "--quiet", "--skip-download"]
    answer = json.loads(finished(command, ""))
    assert answer["summary"]["passed"] > 50, answer["summary"]
    assert answer["summary"]["parsing_errors"] == 0, answer["summary"]
    failed = {(check["check_id"], kind(check["resource"])) for check in answer["results"]["failed_checks"]}
    assert failed <= CHECKOV, sorted(failed - CHECKOV)


@pytest.mark.usefixtures("checkers")
@pytest.mark.parametrize("out", HARDENED, indirect=True)
def test_cloudsplaining_reports_what_is_listed_and_no_more(out: Path) -> None:
    policies: dict[str, Any] = {}
    for file in sorted(out.glob("*.yaml")):
        if file.stem not in ("service-roles", "retired-roles"):
            for logical_id, resource in load(file)["Resources"].items():
                if resource["Type"] in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Role"):
                    for place, document in enumerate(documents(resource["Properties"])):
                        if not any("Principal" in statement for statement in document["Statement"]):
                            policies[f"{logical_id}/{place}"] = document
    assert len(policies) > 10
    scanned = json.loads(
        finished([TOOLS / "python", Path(__file__).with_name("cloudsplaining_scan.py")], json.dumps(policies))
    )
    reported = {
        (name.split("/")[0], risk, str(action))
        for name, risks in scanned.items()
        for risk, actions in risks.items()
        for action in actions
    }
    assert reported == CLOUDSPLAINING


def finished(command: list[str | Path], text: str) -> str:
    """What a checker prints; with findings, it ends with 1."""
    ended = subprocess.run(command, input=text, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.returncode in (0, 1), ended.stdout + ended.stderr
    return ended.stdout


def kind(resource: str) -> str:
    """The logical ID in what checkov calls a resource."""
    logical_id = resource.rsplit(".", 1)[-1]
    return "Notebook" if logical_id.endswith("Notebook") else logical_id
