"""The `aws` that is loaded already does what one does that starts anew."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from aws_program import running_aws_program
from moto_server import MotoServer
from patience import PATIENCE
from workspace import SLOW

Finished = tuple[int, bytes, bytes]
POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
# What is run with either, and whether it succeeds. These differ most: a file of the folder that the command runs in, texts in any
# script, standard input, what a service refuses, and more than goes through at once.
COMMANDS = [
    (("iam", "list-users", "--output", "text", "--query", "Users[].UserName"), True),
    (("iam", "tag-user", "--user-name", "taro", "--tags", "Key=display_name,Value=田中太郎"), True),
    (("iam", "put-user-policy", "--user-name", "taro", "--policy-name", "a", "--policy-document", "file://a.json"), True),
    (("s3", "cp", "-", "s3://a-bucket/a"), True),
    (("iam", "get-user", "--user-name", "nobody"), False),
    (("iam", "get-user", "--user-name", "x" * 120_000), False),
]
# At full length alone.
MORE_COMMANDS = [
    (("--version",), True),
    (("iam", "list-users"), True),
    (("s3", "ls", "s3://nothing"), False),
    (("iam", "put-user-policy", "--user-name", "taro", "--policy-name", "a", "--policy-document", "file://b.json"), False),
    (("s3", "cp", "s3://a-bucket/a", "-"), True),
    (("iam", "no-such-command"), False),
]


@pytest.fixture(scope="module")
def loaded() -> Iterator[Path]:
    """Its folder, also in a run at full length."""
    with running_aws_program() as folder:
        yield folder


def both(loaded: Path, moto: MotoServer, folder: Path, *arguments: str, **more: str) -> tuple[Finished, Finished]:
    """Run a command with either."""
    server = MotoServer(moto.endpoint, loaded)

    def finished(*, anew: bool) -> Finished:
        done = subprocess.run(
            ["aws", *arguments],
            env=server.environment(anew=anew) | more,
            cwd=folder,
            input=POLICY.encode(),
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return finished(anew=True), finished(anew=False)


@pytest.mark.parametrize(("arguments", "succeeds"), COMMANDS + MORE_COMMANDS if SLOW else COMMANDS)
def test_it_ends_and_says_the_same(
    loaded: Path, moto: MotoServer, tmp_path: Path, arguments: tuple[str, ...], succeeds: bool
) -> None:
    moto.client("iam").create_user(UserName="taro")
    moto.client("s3").create_bucket(Bucket="a-bucket", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    moto.client("s3").put_object(Bucket="a-bucket", Key="a", Body=b"text")
    (tmp_path / "a.json").write_text(POLICY)
    anew, ours = both(loaded, moto, tmp_path, *arguments)
    assert ours == anew
    assert (ours[0] == 0) == succeeds, ours


def test_it_takes_its_environment_and_standard_input(loaded: Path, moto: MotoServer, nobody: str, tmp_path: Path) -> None:
    anew, ours = both(loaded, moto, tmp_path, "iam", "list-users", AWS_ENDPOINT_URL=f"http://{nobody}")
    assert ours == anew
    assert b"Could not connect" in ours[2]
    anew, ours = both(loaded, moto, tmp_path, "iam", "list-users", AWS_DEFAULT_OUTPUT="yaml-of-sorts")
    assert ours == anew
    moto.client("s3").create_bucket(Bucket="a-bucket", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    for programs in (loaded, None):
        environment = MotoServer(moto.endpoint, programs).environment()
        command = ["aws", "s3", "cp", "-", "s3://a-bucket/piped"]
        subprocess.run(command, env=environment, cwd=tmp_path, input=POLICY.encode(), timeout=PATIENCE, check=True)
        body = moto.client("s3").get_object(Bucket="a-bucket", Key="piped")["Body"].read()
        assert body == POLICY.encode()
        moto.client("s3").delete_object(Bucket="a-bucket", Key="piped")
