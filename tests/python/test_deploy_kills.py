"""A deployment that is killed at any point is completed by the next, and nobody who stays loses anything."""

import os
import random
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from aws_cli import running_aws_cli
from moto_server import MotoServer
from patience import PATIENCE
from read_back import declared, found
from templates import declared_resources
from test_deploy import belongings, make_access_keys
from workspace import SETTINGS, SLOW, Person, Workspace

STAYING: tuple[Person, ...] = ({"name": "sato.hana"}, {"name": "taro-kun", "notebook": "false"})
COMING_AND_GOING = ("ito.ken", "mori.yui")
KILLS = 50 if SLOW else 2

# Ends the whole deployment, with all its workers, before or after its call of the given number. Only one process can make a
# folder, so that no two calls that begin together have the same number.
PROGRAM = """#!/bin/sh
PATH='{path}'
number=1
until mkdir '{calls}'/$number 2>/dev/null; do number=$((number + 1)); done
if [ $number -eq "$KILL_AT" ]; then
  [ "$KILL_WHEN" = before ] || aws "$@"
  kill -9 0
fi
exec aws "$@"
"""


# Each command ends by itself, if it hangs: all of them together take as long as they take.
@pytest.mark.timeout(KILLS * PATIENCE)
def test_killed_at_any_point_it_is_completed_by_the_next(moto: MotoServer, tmp_path: Path) -> None:
    seed = os.environ.get("SEED", "20221130")
    chance = random.Random(seed)
    environment = moto.environment()
    programs, calls = tmp_path / "bin", tmp_path / "calls"
    programs.mkdir()
    (programs / "aws").write_text(PROGRAM.format(path=environment["PATH"], calls=calls))
    (programs / "aws").chmod(0o755)
    environment["PATH"] = f"{programs}:{environment['PATH']}"
    workspace = Workspace(tmp_path / "account", SETTINGS["hardened"] + "services: []\n")

    def synth(others: tuple[str, ...]) -> None:
        """Write the stacks of those who stay and these."""
        workspace.write((*STAYING, *({"name": name} for name in others)))
        workspace.synth()

    def deploy(kill_at: int = 0, when: str = "") -> int:
        """Run deploy.sh. Returns what it ended with."""
        shutil.rmtree(calls, ignore_errors=True)
        calls.mkdir()
        with subprocess.Popen(
            ["bash", workspace.out / "deploy.sh"],
            env=environment | {"KILL_AT": str(kill_at), "KILL_WHEN": when},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as running:
            output, _ = running.communicate(timeout=PATIENCE)
        assert running.returncode in (0, -signal.SIGKILL), output
        return running.returncode

    fewest = 24  # Of the first deployment's calls, which are some more.
    for number in range(KILLS):
        # Each time somebody else is there, and somebody leaves.
        others = (COMING_AND_GOING[max(number, 1) % 2],)
        synth(others)
        kill_at, when = chance.randint(1, fewest), chance.choice(("before", "after"))
        where = f"seed {seed}, kill {number}: {when} call {kill_at} of {fewest}"
        with running_aws_cli(moto) as cli:
            before = belongings(cli) if number else {}
        assert deploy(kill_at, when) == -signal.SIGKILL, f"{where}: it ended before"
        assert deploy() == 0, where
        with running_aws_cli(moto) as cli:
            for resource in declared_resources(workspace.out):
                answer = found(cli, resource.type, resource.properties)
                assert answer == declared(resource.type, resource.properties), f"{where}: {resource.logical_id}"
            after = belongings(cli)
        people = {name for name in after if name.startswith("user ")}
        assert people == {f"user {name}" for name in (*(person["name"] for person in STAYING), *others)}, where
        staying = {name: thing for name, thing in before.items() if "sato" in name or "taro" in name}
        assert {name: after.get(name) for name in staying} == staying, where
        if number == 0:
            make_access_keys(moto, [person["name"] for person in STAYING])
        # What nobody can be deleted with.
        make_access_keys(moto, others)
        if number == 0:
            # Each later deployment makes as many calls, or more: the same happens in it.
            synth(COMING_AND_GOING[:1])
            assert deploy() == 0
            fewest = len(list(calls.iterdir()))
            make_access_keys(moto, COMING_AND_GOING[:1])
