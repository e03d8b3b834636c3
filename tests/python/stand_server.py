"""A stand of one's own (`stand`): an account that racestack deployed, where policies decide what people may."""

import contextlib
import functools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

import oracle
from moto_server import ACCOUNT_ID, HERE, REGION, MotoServer, wait_until_it_answers
from patience import PATIENCE
from workspace import KMS_KEY, Person, Workspace

BUCKET = "mycompany-aws-deepracer-test-20221130201905"
LOG_GROUPS = ("/aws/sagemaker/NotebookInstances", "/aws/sagemaker/TrainingJobs")
IMAGE_REPOSITORY = "simapp"
IMAGE = f"{ACCOUNT_ID}.dkr.ecr.{REGION}.amazonaws.com/{IMAGE_REPOSITORY}:1"

# The settings with which people share folders, and those that limit training jobs, all of them.
SUBNET, GROUP = "subnet-0123456789abcdef0", "sg-0123456789abcdef0"
SHARED = {
    "shared": "policies: hardened\nbucket:\n  shared_folders: [materials]\n  team_folders: true\n",
    "limited": f"""\
policies: hardened
bucket:
  kms_key: {KMS_KEY}
notebooks:
  subnet_id: {SUBNET}
  security_group_ids: [{GROUP}]
  kms_key: {KMS_KEY}
training:
  max_runtime_minutes: 30
  allowed_instance_types: [ml.c5.*, ml.m5.*]
""",
}

RACER, OTHER, SUSPENDED = "tanaka.taro", "suzuki.hanako", "sato.jiro"
NOTEBOOKS = {name: name.replace(".", "-") for name in (RACER, OTHER, SUSPENDED)}
PEOPLE: tuple[Person, ...] = (
    {"name": RACER, "team": "blue"},
    {"name": OTHER, "team": "red"},
    {"name": SUSPENDED, "state": "suspended"},
)


@dataclass(frozen=True)
class Racer:
    """A person with their access key (`user`), or their notebook with the session of its role (`role`)."""

    kind: str
    name: str
    server: MotoServer
    keys: dict[str, str]
    # Whether the settings limit what training jobs are like.
    limited: bool

    def environment(self) -> dict[str, str]:
        """The variables with which a command speaks to the stand as this racer, and to nothing else."""
        return self.server.environment() | self.keys | {"AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}

    def client(self, service: str) -> Any:
        """A boto3 client of the racer's."""
        return _client(self.server.endpoint, service, tuple(sorted(self.keys.items())))

    def with_keys(self, made: dict[str, Any]) -> "Racer":
        """The racer with other keys, as IAM or STS gives them."""
        keys = {
            "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
            "AWS_SESSION_TOKEN": made.get("SessionToken"),
        }
        return replace(self, keys={key: value for key, value in keys.items() if value})


@dataclass(frozen=True)
class Stand:
    """An account: to its administrators it is moto (`moto`), to its people what policies leave of it (`endpoint`)."""

    moto: MotoServer
    endpoint: str
    journal: Path
    workspace: Workspace

    def user(self, name: str) -> Racer:
        """A person, with a new access key in the place of those that they have."""
        iam = self.moto.client("iam")
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        return self._racer("user", name).with_keys(iam.create_access_key(UserName=name)["AccessKey"])

    def notebook(self, name: str) -> Racer:
        """A person's notebook: SageMaker assumes its role."""
        made = self.moto.client("sts").assume_role(RoleArn=role_arn(name), RoleSessionName="SageMaker")
        return self._racer("role", name).with_keys(made["Credentials"])

    def racer(self, kind: str, name: str) -> Racer:
        """A person (`user`) or their notebook (`role`)."""
        return self.user(name) if kind == "user" else self.notebook(name)

    def entries(self) -> list[dict[str, Any]]:
        """All calls so far, and what decided them."""
        return [json.loads(line) for line in self.journal.read_text().splitlines()]

    def _racer(self, kind: str, name: str) -> Racer:
        limited = self.workspace.settings.startswith(SHARED["limited"])
        return Racer(kind, name, MotoServer(self.endpoint, self.moto.programs), {}, limited)


@functools.lru_cache
def _client(endpoint: str, service: str, keys: tuple[tuple[str, str], ...]) -> Any:
    named = {name.lower(): value for name, value in keys}
    config = Config(proxies={}, read_timeout=PATIENCE, retries={"total_max_attempts": 1})
    return _loaded().client(service, endpoint_url=endpoint, config=config, **named)


@functools.cache
def _loaded() -> boto3.Session:
    """One session for all, which has the models of the services loaded."""
    return boto3.Session(region_name=REGION)


def role_arn(name: str) -> str:
    """The ARN of the role of a person's notebook."""
    return f"arn:aws:iam::{ACCOUNT_ID}:role/deepracer/notebook/{name}"


@contextlib.contextmanager
def running_stand(folder: Path, settings: str, programs: Path | None) -> Iterator[Stand]:
    """Deploy an account with these settings, and run it for as long as the block runs."""
    oracle.install()
    journal = folder / "journal.jsonl"
    journal.touch()
    command = [sys.executable, "-m", "stand", journal]
    environment = os.environ | {"MOTO_ACCOUNT_ID": ACCOUNT_ID, "PYTHONPATH": str(HERE)}
    log = folder / "server.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            ports = process.stdout.readline().split()
            if not ports:
                raise RuntimeError(f"the stand did not start:\n{log.read_text()}")
            administrators, people = (f"http://127.0.0.1:{port}" for port in ports)
            wait_until_it_answers(administrators)
            stand = Stand(MotoServer(administrators, programs), people, journal, Workspace(folder, settings))
            _deploy(stand)
            yield stand
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)
    assert "Traceback" not in log.read_text(), f"the stand failed:\n{log.read_text()}"


def _deploy(stand: Stand) -> None:
    """Deploy what racestack writes, and add what AWS and people add: log groups, an image, files."""
    stand.workspace.write(PEOPLE)
    stand.workspace.synth()
    deployed = stand.workspace.deploy(stand.moto.environment())
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    logs, s3, ecr = (stand.moto.client(service) for service in ("logs", "s3", "ecr"))
    for group in LOG_GROUPS:
        logs.create_log_group(logGroupName=group)
    ecr.create_repository(repositoryName=IMAGE_REPOSITORY)
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json"}
    ecr.put_image(repositoryName=IMAGE_REPOSITORY, imageManifest=json.dumps(manifest), imageTag="1")
    for name, notebook in NOTEBOOKS.items():
        s3.put_object(Bucket=BUCKET, Key=f"{name}/reward_function.py", Body=b"def reward_function(params): return 1.0")
        stream = {"logGroupName": LOG_GROUPS[0], "logStreamName": f"{notebook}/LifecycleConfigOnStart"}
        logs.create_log_stream(**stream)
        logs.put_log_events(**stream, logEvents=[{"timestamp": int(time.time() * 1000), "message": "started"}])
