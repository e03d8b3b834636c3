"""What a fleet takes of memory: that of the accounts that are worked on, however many there are."""

import os
import subprocess
import sys
from pathlib import Path

import memory
from patience import PATIENCE
from workspace import REPOSITORY, binary

# From some number of accounts on, so that what a run takes at all is in both.
ACCOUNTS = (20, 80)
USERS = 800
ROUNDS = 5


def peak(folder: Path, accounts: int) -> int:
    """The most that a run over so many accounts took at any time, in kilobytes."""
    config = folder / f"{accounts}-accounts"
    roster = REPOSITORY / "benches/make_roster.py"
    make = [sys.executable, roster, config, "--accounts", str(accounts), "--users", str(USERS)]
    subprocess.run(make, timeout=PATIENCE, check=True)
    # Without checks, what they take does not hide what is held; accounts are worked on in the same way.
    command = [binary(), "synth", "--no-check", "--config", config, "--out", folder / f"stacks-{accounts}"]
    # As many accounts are in flight as there are threads: fewer than there are accounts, on a machine of any number of cores.
    environment = os.environ | {"RAYON_NUM_THREADS": "4"}
    return memory.peak(command, environment)[0]


def test_a_fleet_takes_the_memory_of_what_is_in_flight(tmp_path: Path) -> None:
    few, many = [], []
    # How much of each account is there at the same moment is chance, and more on a busy machine: the least of some rounds
    # counts. What is held for good is there in every one.
    while not many or (min(many) >= 1.25 * min(few) and len(many) < ROUNDS):
        for taken, accounts in zip((few, many), ACCOUNTS, strict=True):
            taken.append(peak(tmp_path / str(len(taken)), accounts))
    assert min(many) < 1.25 * min(few), f"{ACCOUNTS[0]} accounts took {few} KB, {ACCOUNTS[1]} took {many} KB"


def test_a_diff_of_thousands_holds_what_is_the_same_once(tmp_path: Path) -> None:
    config = tmp_path / "config"
    roster = REPOSITORY / "benches/make_roster.py"
    subprocess.run([sys.executable, roster, config, "--accounts", "1", "--users", "4900"], timeout=PATIENCE, check=True)
    (file,) = config.glob("accounts/*/roster.csv")
    for out in ("old", "new"):
        command = [binary(), "synth", "--no-check", "--config", config, "--out", tmp_path / out]
        subprocess.run(command, timeout=PATIENCE, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        file.write_text(file.read_text().replace(",team-0,,,,,", ",team-5,,,,,", 1))
    environment = os.environ | {"RAYON_NUM_THREADS": "2"}
    taken, said = memory.peak([binary(), "diff", tmp_path / "old", tmp_path / "new"], environment)
    assert said.startswith("Plan: 0 to add, 3 to change, 0 to replace, 0 to destroy"), said[:200]
    assert taken < 150_000, f"it took {taken} KB"
