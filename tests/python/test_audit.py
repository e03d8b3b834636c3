"""The script of `racestack audit --script`, run with the AWS CLI against an account, and what racestack finds in it."""

import json
import os
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from exported import write_export
from memory import peak
from moto_server import ACCOUNT_ID, REGION, MotoServer
from patience import PATIENCE
from workspace import SETTINGS, Workspace, binary

PEOPLE = tuple({"name": f"racer.{number:02}", "team": ("blue", "red")[number % 2]} for number in range(12))
BUCKET = "mycompany-aws-deepracer-test-20221130201905"

Found = set[tuple[str, str]]


def racestack(workspace: Workspace, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run racestack on the workspace."""
    folders = ["--config", workspace.root / "config", "--out", workspace.root / "out"]
    return subprocess.run(
        [binary(), *arguments, *folders], capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def write_script(workspace: Workspace) -> Path:
    """The script of the account."""
    printed = subprocess.run(
        [binary(), "audit", "--account", "tokyo", "--script", "--config", workspace.root / "config"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert printed.returncode == 0, printed.stderr
    script = workspace.root / "audit.sh"
    script.write_text(printed.stdout)
    return script


def export(workspace: Workspace, environment: dict[str, str], name: str = "export") -> Path:
    """Write the account into a folder."""
    script, folder = write_script(workspace), workspace.root / name
    finished = subprocess.run(
        ["bash", script, folder],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return folder


def audit(workspace: Workspace, folder: Path, *options: str) -> tuple[int, Found, list[dict[str, Any]]]:
    """The exit code, what is found as pairs of rule and resource, and all of it."""
    arguments = ["audit", "--account", "tokyo", "--from", folder, "--format", "json", *options]
    finished = racestack(workspace, *arguments)
    assert finished.stderr == "", finished.stderr
    findings = json.loads(finished.stdout)["findings"]
    return finished.returncode, {(one["rule"], one["resource"]) for one in findings}, findings


@pytest.fixture
def account(moto: MotoServer, tmp_path: Path) -> Workspace:
    """Twelve people, deployed, their notebooks stopped."""
    workspace = Workspace(tmp_path, SETTINGS["hardened"])
    workspace.write(PEOPLE)
    workspace.synth()
    deployed = workspace.deploy(moto.environment())
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    for person in PEOPLE:
        name = person["name"].replace(".", "-")
        moto.client("sagemaker").stop_notebook_instance(NotebookInstanceName=name)
    return workspace


def test_what_deploy_wrote_is_audited_without_findings(moto: MotoServer, account: Workspace) -> None:
    folder = export(account, moto.environment())
    code, found, findings = audit(account, folder)
    assert (code, found) == (0, set()), findings
    page = racestack(account, "report", "--account", "tokyo", "--audit", folder, "--page", account.root / "audit.html")
    assert page.returncode == 0, page.stderr
    assert "racer" not in page.stdout
    assert "<b>0</b> errors" in (account.root / "audit.html").read_text()


def test_every_slip_is_found_and_nothing_invented(moto: MotoServer, account: Workspace) -> None:
    iam, sagemaker, s3 = (moto.client(service) for service in ("iam", "sagemaker", "s3"))
    before = export(account, moto.environment(), "before")
    # A policy "for a day".
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.create_policy(PolicyName="everything", PolicyDocument=json.dumps(everything))
    iam.attach_user_policy(UserName="racer.00", PolicyArn=f"arn:aws:iam::{ACCOUNT_ID}:policy/everything")
    # A role that two notebooks share, and that reads all folders.
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    iam.create_role(RoleName="shared", AssumeRolePolicyDocument=json.dumps(trust))
    reads = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [reads]})
    iam.put_role_policy(RoleName="shared", PolicyName="read", PolicyDocument=document)
    for name in ("racer-01", "racer-02"):
        sagemaker.update_notebook_instance(NotebookInstanceName=name, RoleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/shared")
    # A notebook that nobody tagged, and one that runs.
    sagemaker.create_notebook_instance(
        NotebookInstanceName="spare", InstanceType="ml.t3.medium", RoleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/shared"
    )
    sagemaker.start_notebook_instance(NotebookInstanceName="racer-03")
    # A second folder, a key that gets old, a user under another path, a changed tag.
    # The bucket's policy refuses plain HTTP, which these servers speak.
    policy = s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    s3.delete_bucket_policy(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="racer.04-old/model.tar.gz", Body=b"x")
    s3.put_object(Bucket=BUCKET, Key="racer.05/model.tar.gz", Body=b"x")
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)
    key = iam.create_access_key(UserName="racer.06")["AccessKey"]
    iam.update_user(UserName="racer.07", NewPath="/elsewhere/")
    iam.tag_user(UserName="racer.08", Tags=[{"Key": "team", "Value": "green"}])

    folder = export(account, moto.environment())
    later = (datetime.now(UTC) + timedelta(days=200)).strftime("%Y-%m-%d")
    code, found, findings = audit(account, folder, "--today", later)
    assert code == 1
    # The boundary and the guardrails hold, whatever policy is attached beside them: nobody's isolation is broken.
    assert found == {
        ("audit::drift", "tokyo/user/racer.00/policy-arn:aws:iam::111122223333:policy/everything"),
        ("audit::notebook-role", "tokyo/notebook/racer-01/role"),
        ("audit::reached", "tokyo/role/shared/access"),
        ("audit::ownerless", "tokyo/notebook/spare/owner"),
        ("audit::running", "tokyo/notebook/racer-03/running"),
        ("audit::ownerless", "tokyo/folder/racer.04-old/owner"),
        ("audit::old-key", "tokyo/user/racer.06/key-1"),
        ("audit::unused-key", "tokyo/user/racer.06/key-1"),
        ("audit::drift", "tokyo/user/racer.07/the path"),
        ("audit::drift", "tokyo/user/racer.08/tag-team"),
    }, findings
    both = [one["message"] for one in findings if one["rule"] == "audit::notebook-role"]
    assert len(both) == 1 and "`racer-01`, `racer-02`" in both[0]
    reached = next(one for one in findings if one["rule"] == "audit::reached")
    assert any("`Read` of the policy `read`" in note for note in reached["notes"]), reached
    assert any(f"{BUCKET}/racer." in note for note in reached["notes"]), reached

    # What tools may keep holds neither secrets nor the IDs of keys.
    kept = "".join(file.read_text() for file in folder.rglob("*") if file.is_file()) + json.dumps(findings)
    assert key["AccessKeyId"] not in kept
    assert key["SecretAccessKey"] not in kept

    compared = racestack(
        account, "audit", "--account", "tokyo", "--from", folder, "--against", folder, "--today", later
    )
    assert compared.returncode == 0, compared.stderr
    assert ": 0 new, 0 gone," in compared.stdout
    gone = racestack(account, "audit", "--account", "tokyo", "--from", before, "--against", folder)
    assert "gone: error[audit::reached]" in gone.stdout
    assert gone.returncode == 0, gone.stderr


def test_an_export_goes_on_where_it_stopped(moto: MotoServer, account: Workspace, tmp_path: Path) -> None:
    script, folder = write_script(account), account.root / "export"
    environment = moto.environment()
    programs = tmp_path / "programs"
    programs.mkdir()
    # An `aws` that counts its calls, and is refused those of one notebook as long as there is a file that says so.
    aws = programs / "aws"
    aws.write_text(
        "#!/usr/bin/env bash\n"
        f'printf "%s\\n" "$*" >>"{tmp_path}/calls"\n'
        f'if [ -f "{tmp_path}/refuse" ] && [[ "$*" == *racer-05* ]]; then\n'
        '  echo "An error occurred (AccessDeniedException) when calling the operation" >&2; exit 254\n'
        "fi\n"
        f'PATH={environment["PATH"]} exec aws "$@"\n'
    )
    aws.chmod(0o755)
    environment["PATH"] = os.pathsep.join([str(programs), environment["PATH"]])
    (tmp_path / "refuse").touch()

    def run() -> subprocess.CompletedProcess[str]:
        (tmp_path / "calls").write_text("")
        return subprocess.run(
            ["bash", script, folder], env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    killed = subprocess.Popen(["bash", script, folder], env=environment, start_new_session=True)
    deadline = time.monotonic() + PATIENCE
    while not (folder / "bucket-tags.json").exists():
        assert killed.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not (folder / "export.json").exists()

    stopped = run()
    assert stopped.returncode == 1
    assert "goes on where it stopped" in stopped.stdout
    begun = (tmp_path / "calls").read_text()
    assert "get-account-authorization-details" not in begun and "list-notebook-instances" in begun
    assert "AccessDeniedException" in stopped.stderr
    assert not (folder / "export.json").exists()
    assert list(folder.rglob("*.part")) == [folder / "export.json.part"]
    refused = racestack(account, "audit", "--account", "tokyo", "--from", folder)
    assert refused.returncode == 1
    assert "error[audit::export]" in refused.stderr
    (tmp_path / "refuse").unlink()
    assert run().returncode == 0
    calls = (tmp_path / "calls").read_text().splitlines()
    assert [call.split()[:2] for call in calls if "racer-05" not in call and "get-caller-identity" not in call] == [
        call.split()[:2] for call in calls if "describe-notebook-instance " in call and "racer-05" not in call
    ]
    assert len(calls) <= 5, calls
    code, found, findings = audit(account, folder)
    assert (code, found) == (0, set()), findings
    whole = run()
    assert whole.returncode == 0
    assert "is complete already" in whole.stdout


def test_another_accounts_credentials_write_nothing(account: Workspace, other_moto: MotoServer) -> None:
    script = write_script(account)
    finished = subprocess.run(
        ["bash", script, account.root / "export"],
        env=other_moto.environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert finished.returncode == 1
    assert "but tokyo is account 111122223333: set AWS_PROFILE to a profile of 111122223333: nothing was written" in finished.stderr
    assert not (account.root / "export").exists()
    assert REGION in script.read_text()


def test_without_credentials_it_says_what_to_set(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "the account", SETTINGS["hardened"])
    workspace.write(({"name": "mei"},))
    aws = tmp_path / "aws"
    aws.write_text("#!/bin/sh\necho 'Unable to locate credentials. You can configure credentials by running aws configure.' >&2; exit 253\n")
    aws.chmod(0o755)
    finished = subprocess.run(
        ["bash", write_script(workspace), tmp_path / "export"],
        env=os.environ | {"PATH": os.pathsep.join([str(tmp_path), os.environ["PATH"]])},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert finished.returncode == 1
    assert "the AWS CLI has no credentials that work (set AWS_PROFILE, or sign in: 'aws sso login'): nothing was written" in finished.stderr
    assert "Unable to locate credentials" in finished.stderr
    assert not (tmp_path / "export").exists()


def test_five_thousand_people_take_little_memory(tmp_path: Path) -> None:
    names = [f"racer.{number:04}" for number in range(5_000)]
    one, many = (Workspace(tmp_path / name, f"{SETTINGS['hardened']}services: []\n") for name in ("one", "many"))
    one.write(({"name": names[0]},))
    one.synth()
    many.write(tuple({"name": name} for name in names))
    stacks = tmp_path / "stacks"
    synth = [binary(), "synth", "--no-check", "--config", many.root / "config", "--out", stacks]
    subprocess.run(synth, capture_output=True, timeout=PATIENCE, check=True)
    folder = tmp_path / "export"
    write_export(one.out, folder, names[0], names)
    command = [binary(), "audit", "--account", "tokyo", "--from", folder]
    command += ["--config", many.root / "config", "--out", stacks]
    kilobytes, said = peak(command)
    assert said == "tokyo: 0 errors, 0 warnings\n"
    assert kilobytes < 300_000, f"{kilobytes} KB"

    # The same account, whose configuration is lost. CloudFormation cannot import the one lifecycle configuration.
    (folder / "lifecycle-configurations.json").write_text('{"NotebookInstanceLifecycleConfigs": []}')
    lost = tmp_path / "lost"
    (lost / "config").mkdir(parents=True)
    settings = "company: mycompany\nservices: []\nquotas: {roles: 6000, notebooks: {ml.t3.medium: 6000}}\n"
    (lost / "config" / "settings.yaml").write_text(settings)
    command = [binary(), "adopt", "--account", "tokyo", "--from", folder, "--config", lost / "config"]
    kilobytes, said = peak([*command, "--out", lost / "out", "--import", lost / "import"])
    assert "tokyo: 5000 people, in " in said
    assert ": 10013 resources to import into " in said, said
    assert kilobytes < 300_000, f"adopt: {kilobytes} KB"
