"""THIRD-PARTY.md lists the packages of a binary, with their licences."""

import re
import subprocess
import sys

from patience import PATIENCE
from workspace import REPOSITORY


def test_the_licences_are_those_of_the_packages() -> None:
    command = [sys.executable, REPOSITORY / "third_party" / "licences.py"]
    finished = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=PATIENCE, check=False)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == (REPOSITORY / "THIRD-PARTY.md").read_text(encoding="utf-8"), "make licences"


def test_the_targets_are_those_of_a_release() -> None:
    script = (REPOSITORY / "third_party" / "licences.py").read_text()
    workflow = (REPOSITORY / ".github" / "workflows" / "release.yaml").read_text()
    released = re.findall(r"{target: ([\w-]+)", workflow)
    assert released
    assert sorted(re.findall(r'^    "([\w]+-[\w-]+)",$', script, re.MULTILINE)) == sorted(released)
