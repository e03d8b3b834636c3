"""Two deployments of an account at once, such as one by hand and one in CI."""

import subprocess
from pathlib import Path

import pytest

from aws_cli import running_aws_cli
from moto_server import MotoServer
from patience import PATIENCE
from read_back import declared, found
from templates import declared_resources
from test_deploy import make_access_keys
from workspace import SETTINGS, SLOW, Workspace


@pytest.mark.parametrize("leaves", [False, True] if SLOW else [True])
def test_two_at_once_bring_what_is_declared(moto: MotoServer, tmp_path: Path, leaves: bool) -> None:
    made = Workspace(tmp_path, SETTINGS["hardened"] + "services: []\n")
    people = tuple({"name": f"racer.{number}"} for number in range(6))
    made.write(people)
    made.synth()
    if leaves:
        assert made.deploy(moto.environment()).returncode == 0
        make_access_keys(moto, ["racer.0", "racer.5"])
        people = people[1:-1]
        made.write(people)
        made.synth()
    running = [
        subprocess.Popen(
            ["bash", made.out / "deploy.sh"],
            env=moto.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    said = [one.communicate(timeout=PATIENCE)[0] for one in running]
    assert [one.returncode for one in running] == [0, 0], "\n".join(said)
    with running_aws_cli(moto) as cli:
        for resource in declared_resources(made.out):
            assert found(cli, resource.type, resource.properties) == declared(resource.type, resource.properties), resource.logical_id
    users = {user["UserName"] for user in moto.client("iam").list_users()["Users"]}
    assert users == {person["name"] for person in people}
