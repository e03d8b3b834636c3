"""Checkers that others wrote report nothing about the hardened stacks but what is listed here, and nothing about the container file.
docs/security.md has the reasons.

They are large, and run at full length alone: `make test-all` (conftest.py)."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from patience import PATIENCE
from templates import load
from test_parliament import documents
from workspace import ALL_SERVICES, REPOSITORY, SETTINGS, Workspace

TOOLS = REPOSITORY / ".venv-checkers" / "bin"
HARDENED = [name for name, settings in SETTINGS.items() if "policies: documented" not in settings]

# What checkov reports, by the resource's logical ID; of a person, by what its ID ends with.
CHECKOV = {
    ("CKV_AWS_18", "Bucket"),
    ("CKV_AWS_26", "BudgetNotices"),
    ("CKV_AWS_27", "KeyRotationUndelivered"),
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
    ("CKV_AWS_149", "Password"),
    ("CKV_AWS_158", "KeyRotationLog"),
    ("CKV_AWS_158", "NotebookLogs"),
    ("CKV_AWS_158", "TrainingLogs"),
    ("CKV_AWS_173", "KeyRotation"),
    ("CKV_AWS_187", "Notebook"),
}
# What of it a setting mends, and no suppression hides.
BY_SETTINGS = ("CKV_AWS_18", "CKV_AWS_26", "CKV_AWS_149", "CKV_AWS_158", "CKV_AWS_187")
# What cloudsplaining reports of the policies of people, notebooks and the rotation of keys. Service roles are not looked at: they
# have what the services' documents ask for.
CLOUDSPLAINING = {("NotebookPolicy", "credentials exposure", "ecr:GetAuthorizationToken")}


# What cdk-nag reports, in the same way. Its version 2 reads the suppressions of templates, its version 3 does not.
CDK_NAG = {
    ("AwsSolutions-IAM5", "AccessKeysPolicy"),
    ("AwsSolutions-IAM5", "BoundaryPolicy"),
    ("AwsSolutions-IAM5", "CloudFormationRole"),
    ("AwsSolutions-IAM5", "DailyWorkPolicy"),
    ("AwsSolutions-IAM5", "DeepRacerRole"),
    ("AwsSolutions-IAM5", "KeyRotationRole"),
    ("AwsSolutions-IAM5", "LambdaRole"),
    ("AwsSolutions-IAM5", "NotebookBoundaryPolicy"),
    ("AwsSolutions-IAM5", "NotebookPolicy"),
    ("AwsSolutions-IAM5", "RoboMakerRole"),
    ("AwsSolutions-IAM5", "S3FolderPolicy"),
    ("AwsSolutions-IAM5", "SageMakerPolicy"),
    ("AwsSolutions-IAM5", "SageMakerRole"),
    ("AwsSolutions-L1", "KeyRotation"),
    ("AwsSolutions-S1", "Bucket"),
    ("AwsSolutions-S10", "BucketPolicy"),
    ("AwsSolutions-SM1", "Notebook"),
    ("AwsSolutions-SM2", "Notebook"),
    ("AwsSolutions-SM3", "Notebook"),
    ("AwsSolutions-SQS3", "KeyRotationUndelivered"),
}
NAG_BY_SETTINGS = ("AwsSolutions-S1", "AwsSolutions-SM1", "AwsSolutions-SM2", "AwsSolutions-SM3")

# Everything that checkov and cdk-nag report of, with suppressions for it.
METADATA = f"{ALL_SERVICES}access_keys: {{notify: admins@example.com}}\nmetadata: {{checkov: true, cdk_nag: true}}\n"


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
    answer = json.loads(finished(checkov(out), ""))
    assert answer["summary"]["passed"] > 50, answer["summary"]
    assert answer["summary"]["parsing_errors"] == 0, answer["summary"]
    failed = reported(answer, "failed_checks")
    assert failed <= CHECKOV, sorted(failed - CHECKOV)


@pytest.mark.usefixtures("checkers")
def test_checkov_skips_what_the_templates_suppress_and_nothing_else(tmp_path: Path) -> None:
    made = Workspace(tmp_path, METADATA)
    made.write()
    made.synth()
    answer = json.loads(finished(checkov(made.out), ""))
    mended = {(check, where) for check, where in CHECKOV if check in BY_SETTINGS}
    failed = {("CKV_AWS_18", "Bucket"), ("CKV_AWS_158", "KeyRotationLog"), ("CKV_AWS_187", "Notebook")}
    assert reported(answer, "failed_checks") == failed
    assert reported(answer, "skipped_checks") == CHECKOV - mended


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
    assert len(policies) >= 10
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


@pytest.mark.usefixtures("checkers")
@pytest.mark.parametrize("version", ["2", "3"])
def test_cdk_nag_reports_what_is_listed_and_no_more(tmp_path: Path, version: str) -> None:
    made = Workspace(tmp_path, METADATA)
    made.write()
    made.synth("--assembly", tmp_path / "cdk.out")
    program = REPOSITORY / "tests" / "nag" / "check.cjs"
    answer = json.loads(finished(["node", program, version, tmp_path / "cdk.out", tmp_path / "nag"], ""))
    found = {(rule, kind(logical_id)) for rule, logical_id, _ in answer}
    assert found == CDK_NAG, sorted(found ^ CDK_NAG)
    open_ones = {(rule, kind(logical_id)) for rule, logical_id, suppressed in answer if not suppressed}
    mended = {(rule, where) for rule, where in CDK_NAG if rule in NAG_BY_SETTINGS}
    assert open_ones == (mended if version == "2" else CDK_NAG)


@pytest.mark.usefixtures("checkers")
def test_hadolint_finds_nothing_in_the_container_file(tmp_path: Path) -> None:
    container = REPOSITORY / "Containerfile"
    assert finished([TOOLS / "hadolint", container], "") == ""
    broken = tmp_path / "Containerfile"
    broken.write_text(container.read_text().replace("alpine:3.22", "alpine"))
    assert "DL3006" in finished([TOOLS / "hadolint", broken], ""), "hadolint finds what is wrong"


def checkov(out: Path) -> list[str | Path]:
    """The command that checks the templates of an out folder."""
    options = ["--framework", "cloudformation", "-o", "json", "--compact", "--skip-download"]
    return [TOOLS / "checkov", "-d", out, *options]


def reported(answer: dict[str, Any], results: str) -> set[tuple[str, str]]:
    """The checks of an answer with these results, each with what it is about."""
    return {(check["check_id"], kind(check["resource"])) for check in answer["results"][results]}


def finished(command: list[str | Path], text: str) -> str:
    """What a checker prints; with findings, it ends with 1."""
    ended = subprocess.run(command, input=text, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.returncode in (0, 1), ended.stdout + ended.stderr
    return ended.stdout


def kind(resource: str) -> str:
    """The logical ID in what checkov calls a resource."""
    logical_id = resource.rsplit(".", 1)[-1]
    return next((end for end in ("Notebook", "Password") if logical_id.endswith(end)), logical_id)
