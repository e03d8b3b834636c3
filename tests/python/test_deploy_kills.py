"""A deployment that is killed at any point is completed by the next, and nobody who stays loses anything."""

import os
import random
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
from workspace import SETTINGS, Person, Workspace

STAYING: tuple[Person, ...] = ({"name": "sato.hana"}, {"name": "taro-kun", "notebook": "false"})
COMING_AND_GOING = ("ito.ken", "mori.yui")
KILLS = 50 if os.environ.get("RACESTACK_SLOW_TESTS") else 3

# Ends the whole deployment, with all its workers, before or after its call of the given number.
PROGRAM = """#!/bin/sh
PATH='{path}'
echo x >>'{count}'
if [ "$(wc -l <'{count}')" -eq "$KILL_AT" ]; then
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
    programs, count = tmp_path / "bin", tmp_path / "count"
    programs.mkdir()
    (programs / "aws").write_text(PROGRAM.format(path=environment["PATH"], count=count))
    (programs / "aws").chmod(0o755)
    environment["PATH"] = f"{programs}:{environment['PATH']}"
    workspace = Workspace(tmp_path / "account", SETTINGS["hardened"] + "services: []\n")

    def synth(others: tuple[str, ...]) -> None:
        """Write the stacks of those who stay and these."""
        workspace.write((*STAYING, *({"name": name} for name in others)))
        workspace.synth()

    def deploy(kill_at: int = 0, when: str = "") -> int:
        """Run deploy.sh. Returns what it ended with."""
        count.write_text("")
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

    synth(COMING_AND_GOING)
    ended = 0
    for number in range(KILLS):
        # Each time somebody else is there, and somebody leaves.
        others = (COMING_AND_GOING[number % 2],) if number else COMING_AND_GOING
        synth(others)
        # The first deployment makes some forty calls, each later one, of one stack, some thirty.
        kill_at, when = chance.randint(1, 30), chance.choice(("before", "after"))
        where = f"seed {seed}, kill {number}: {when} call {kill_at}"
        with running_aws_cli(moto) as cli:
            before = belongings(cli) if number else {}
        killed = deploy(kill_at, when)
        assert deploy() == 0, where
        ended += killed != 0
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
    assert ended * 2 > KILLS, f"{ended} of {KILLS} kills came before the end"
