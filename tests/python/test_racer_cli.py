"""A racer's day with the AWS CLI, as a person and as their notebook: every step is allowed, on their own things."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from conftest import PROFILES
from patience import PATIENCE
from racer_cli import Cli
from stand_server import BUCKET, GROUP, IMAGE, LOG_GROUPS, NOTEBOOKS, OTHER, RACER, SUBNET, Stand, role_arn
from workspace import KMS_KEY, SLOW

# The day is the same where the settings limit training jobs: in short, `test_racer_sdk.py` alone trains there.
pytestmark = pytest.mark.parametrize("stand", [*PROFILES, "limited"] if SLOW else PROFILES, indirect=True)

# More than the AWS CLI sends in one request: https://docs.aws.amazon.com/cli/latest/topic/s3-config.html
BIG = 9 * 2**20
NOTEBOOK = NOTEBOOKS[RACER]


@pytest.fixture(params=["user", "role"])
def cli(request: pytest.FixtureRequest, stand: Stand, tmp_path: Path) -> Cli:
    """The CLI of the person, and of their notebook."""
    return Cli(stand.racer(request.param, RACER), tmp_path)


@pytest.fixture
def folder(cli: Cli, request: pytest.FixtureRequest) -> str:
    """A folder within the racer's that no other test uses."""
    return f"{RACER}/{cli.racer.kind}-{request.function.__name__}"


def names(cli: Cli, folder: str) -> list[str]:
    """What is in a folder, by `aws s3 ls`."""
    listed = cli.run("s3", "ls", "--recursive", f"s3://{BUCKET}/{folder}/")
    return [line.split()[-1].removeprefix(f"{folder}/") for line in listed.splitlines()]


def test_files_go_up_and_down(cli: Cli, folder: str) -> None:
    address = f"s3://{BUCKET}/{folder}"
    reward = cli.folder / "reward_function.py"
    reward.write_text("def reward_function(params):\n    return 1.0\n")
    assert "reward_function.py" in cli.run("s3", "ls", f"s3://{BUCKET}/{RACER}/")

    cli.run("s3", "cp", reward, f"{address}/reward_function.py")
    cli.run("s3", "cp", f"{address}/reward_function.py", "back.py")
    assert (cli.folder / "back.py").read_text() == reward.read_text()
    cli.run("s3", "cp", f"{address}/reward_function.py", f"{address}/copy.py")
    cli.run("s3", "mv", f"{address}/copy.py", f"{address}/moved.py")
    cli.run("s3", "mv", "back.py", f"{address}/back.py")
    assert names(cli, folder) == ["back.py", "moved.py", "reward_function.py"]
    cli.run("s3", "rm", f"{address}/moved.py")
    cli.run("s3", "rm", "--recursive", f"{address}/")
    left = cli.ask("s3api", "list-objects-v2", "--bucket", BUCKET, "--prefix", f"{folder}/")
    assert "Contents" not in left


def test_folders_are_synchronized(cli: Cli, folder: str) -> None:
    address = f"s3://{BUCKET}/{folder}"
    (cli.folder / "up" / "sub").mkdir(parents=True)
    (cli.folder / "up" / "a.txt").write_text("1")
    (cli.folder / "up" / "sub" / "b.txt").write_text("2")
    cli.run("s3", "sync", "up", address)
    cli.run("s3", "sync", address, "down")
    assert (cli.folder / "down" / "sub" / "b.txt").read_text() == "2"
    (cli.folder / "up" / "a.txt").unlink()
    cli.run("s3", "sync", "up", address, "--delete")
    assert names(cli, folder) == ["sub/b.txt"]
    cli.run("s3", "sync", address, f"{address}-again")
    assert names(cli, f"{folder}-again") == ["sub/b.txt"]


def test_big_files_go_in_parts(cli: Cli, folder: str) -> None:
    address = f"s3://{BUCKET}/{folder}"
    (cli.folder / "big.bin").write_bytes(bytes(BIG))
    cli.run("s3", "cp", "big.bin", f"{address}/big.bin")
    cli.run("s3", "cp", f"{address}/big.bin", f"{address}/copy.bin")
    cli.run("s3", "cp", f"{address}/copy.bin", "back.bin")
    assert (cli.folder / "back.bin").stat().st_size == BIG


def test_an_upload_is_looked_at_and_aborted(cli: Cli, folder: str) -> None:
    (cli.folder / "part").write_bytes(bytes(100))
    where = ("--bucket", BUCKET, "--key", f"{folder}/big.bin")
    upload = ("--upload-id", cli.ask("s3api", "create-multipart-upload", *where)["UploadId"])
    cli.run("s3api", "upload-part", *where, *upload, "--part-number", "1", "--body", "part")
    assert len(cli.ask("s3api", "list-parts", *where, *upload)["Parts"]) == 1
    cli.run("s3api", "abort-multipart-upload", *where, *upload)


def test_an_older_version_comes_back(cli: Cli, folder: str) -> None:
    where = ("--bucket", BUCKET, "--key", f"{folder}/reward.py")
    for text in ("first", "second"):
        (cli.folder / "reward.py").write_text(text)
        cli.run("s3api", "put-object", *where, "--body", "reward.py")
    cli.run("s3api", "delete-object", *where)
    listed = cli.ask("s3api", "list-object-versions", "--bucket", BUCKET, "--prefix", f"{folder}/reward.py")
    assert len(listed["DeleteMarkers"]) == 1
    oldest = listed["Versions"][-1]["VersionId"]
    cli.run("s3api", "get-object", *where, "--version-id", oldest, "old.py")
    assert (cli.folder / "old.py").read_text() == "first"
    source = f"{BUCKET}/{folder}/reward.py?versionId={oldest}"
    cli.run("s3api", "copy-object", *where, "--copy-source", source)
    assert cli.run("s3", "cp", f"s3://{BUCKET}/{folder}/reward.py", "-") == "first"
    # History stays: a stolen key must not destroy it.
    cli.is_denied("s3api", "delete-object", *where, "--version-id", oldest)


def test_objects_have_tags(cli: Cli, folder: str) -> None:
    where = ("--bucket", BUCKET, "--key", f"{folder}/tagged.py")
    (cli.folder / "tagged.py").write_text("1")
    cli.run("s3api", "put-object", *where, "--body", "tagged.py", "--tagging", "track=reinvent")
    cli.run("s3api", "put-object-tagging", *where, "--tagging", "TagSet=[{Key=track,Value=oval}]")
    assert cli.ask("s3api", "get-object-tagging", *where)["TagSet"] == [{"Key": "track", "Value": "oval"}]
    # A copy takes the tags along.
    cli.run("s3", "cp", f"s3://{BUCKET}/{folder}/tagged.py", f"s3://{BUCKET}/{folder}/copy.py")


def test_the_bucket_says_where_it_is(cli: Cli) -> None:
    assert cli.ask("s3api", "get-bucket-location", "--bucket", BUCKET)["LocationConstraint"] == "ap-northeast-1"


def test_a_presigned_address_opens_an_own_file_to_nobody_in_particular(cli: Cli) -> None:
    address = cli.run("s3", "presign", f"s3://{BUCKET}/{RACER}/reward_function.py").strip()
    assert fetched(address).startswith("def reward_function")
    # Without the signature, nobody reads it.
    with pytest.raises(urllib.error.HTTPError, match="403"):
        fetched(address.partition("?")[0])
    # Anybody can sign an address of another's file, and it opens nothing.
    with pytest.raises(urllib.error.HTTPError, match="403"):
        fetched(cli.run("s3", "presign", f"s3://{BUCKET}/{OTHER}/reward_function.py").strip())


def fetched(address: str) -> str:
    """What an address gives to whoever asks."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, timeout=PATIENCE) as answer:
        return answer.read().decode()


def test_a_person_opens_stops_and_starts_their_notebook(stand: Stand, tmp_path: Path) -> None:
    cli = Cli(stand.user(RACER), tmp_path)
    own = ("--notebook-instance-name", NOTEBOOK)
    listed = cli.ask("sagemaker", "list-notebook-instances")["NotebookInstances"]
    assert NOTEBOOK in [notebook["NotebookInstanceName"] for notebook in listed]
    assert cli.ask("sagemaker", "describe-notebook-instance", *own)["NotebookInstanceStatus"] == "InService"
    address = cli.ask("sagemaker", "create-presigned-notebook-instance-url", *own)["AuthorizedUrl"]
    assert address.startswith(f"https://{NOTEBOOK}.notebook.")
    arn = cli.ask("sagemaker", "describe-notebook-instance", *own)["NotebookInstanceArn"]
    assert {"Key": "user", "Value": RACER} in cli.ask("sagemaker", "list-tags", "--resource-arn", arn)["Tags"]
    cli.run("sagemaker", "stop-notebook-instance", *own)
    cli.run("sagemaker", "wait", "notebook-instance-stopped", *own)
    cli.run("sagemaker", "start-notebook-instance", *own)
    cli.run("sagemaker", "wait", "notebook-instance-in-service", *own)


def test_a_notebook_stops_itself(stand: Stand, tmp_path: Path) -> None:
    cli = Cli(stand.notebook(RACER), tmp_path)
    own = ("--notebook-instance-name", NOTEBOOK)
    cli.run("sagemaker", "describe-notebook-instance", *own)
    cli.run("sagemaker", "stop-notebook-instance", *own)
    Cli(stand.user(RACER), tmp_path).run("sagemaker", "start-notebook-instance", *own)


# What a job says besides, where the settings limit it.
LIMITED = {
    "resource-config": f"InstanceType=ml.c5.xlarge,InstanceCount=1,VolumeSizeInGB=10,VolumeKmsKeyId={KMS_KEY}",
    "output-data-config": f"S3OutputPath=s3://{BUCKET}/{RACER}/models,KmsKeyId={KMS_KEY}",
    "vpc-config": f"Subnets={SUBNET},SecurityGroupIds={GROUP}",
}


def job(cli: Cli, name: str, **more: str) -> list[str]:
    """The command that creates a training job."""
    image = {"TrainingImage": IMAGE, "TrainingInputMode": "File"}
    channel = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{RACER}/reward_function.py"}
    options = {
        "training-job-name": name,
        "algorithm-specification": json.dumps(image),
        "role-arn": role_arn(RACER),
        "input-data-config": json.dumps([{"ChannelName": "code", "DataSource": {"S3DataSource": channel}}]),
        "output-data-config": f"S3OutputPath=s3://{BUCKET}/{RACER}/models",
        "resource-config": "InstanceType=ml.c5.xlarge,InstanceCount=1,VolumeSizeInGB=10",
        "stopping-condition": "MaxRuntimeInSeconds=600",
        "tags": f"Key=user,Value={RACER}",
        **(LIMITED if cli.racer.limited else {}),
        **more,
    }
    words = [word for option, value in options.items() for word in (f"--{option}", value)]
    return ["sagemaker", "create-training-job", *words]


def test_a_job_is_trained_and_its_log_is_read(cli: Cli) -> None:
    name = f"{NOTEBOOK}--{cli.racer.kind}-trained"
    cli.run(*job(cli, name))
    own = ("--training-job-name", name)
    described = cli.ask("sagemaker", "describe-training-job", *own)
    assert described["TrainingJobStatus"] == "Completed", described.get("FailureReason")
    cli.run("sagemaker", "wait", "training-job-completed-or-stopped", *own)
    listed = cli.ask("sagemaker", "list-training-jobs")["TrainingJobSummaries"]
    assert name in [each["TrainingJobName"] for each in listed]
    tags = cli.ask("sagemaker", "list-tags", "--resource-arn", described["TrainingJobArn"])["Tags"]
    assert tags == [{"Key": "user", "Value": RACER}]

    group = ("--log-group-name", LOG_GROUPS[1])
    streams = cli.ask("logs", "describe-log-streams", *group, "--log-stream-name-prefix", f"{name}/")["logStreams"]
    (stream,) = (stream["logStreamName"] for stream in streams)
    events = cli.ask("logs", "get-log-events", *group, "--log-stream-name", stream)["events"]
    assert [event["message"] for event in events] == ["Training seed: 20221130"]
    artifacts = described["ModelArtifacts"]["S3ModelArtifacts"]
    assert artifacts == f"s3://{BUCKET}/{RACER}/models/{name}/output/model.tar.gz"
    cli.run("s3", "cp", artifacts, "model.tar.gz")


def test_a_job_is_stopped(cli: Cli) -> None:
    name = f"{NOTEBOOK}--{cli.racer.kind}-stopped"
    cli.run(*job(cli, name, **{"hyper-parameters": "endless=true"}))
    own = ("--training-job-name", name)
    assert cli.ask("sagemaker", "describe-training-job", *own)["TrainingJobStatus"] == "InProgress"
    cli.run("sagemaker", "stop-training-job", *own)
    assert cli.ask("sagemaker", "describe-training-job", *own)["TrainingJobStatus"] == "Stopped"


def test_the_log_of_the_notebook_is_read(cli: Cli) -> None:
    group = ("--log-group-name", LOG_GROUPS[0])
    prefix = ("--log-stream-name-prefix", f"{NOTEBOOK}/")
    (stream,) = cli.ask("logs", "describe-log-streams", *group, *prefix)["logStreams"]
    events = cli.ask("logs", "get-log-events", *group, "--log-stream-name", stream["logStreamName"])["events"]
    assert [event["message"] for event in events] == ["started"]
