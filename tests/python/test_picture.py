"""The README's picture is what racestack prints."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from patience import PATIENCE
from workspace import REPOSITORY, binary

PICTURE = REPOSITORY / "docs" / "picture.svg"


def drawn(racestack: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, REPOSITORY / "docs" / "picture.py", racestack]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=PATIENCE, check=False)


def test_the_picture_is_what_racestack_prints() -> None:
    finished = drawn(binary())
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == PICTURE.read_text(encoding="utf-8"), "make picture draws it again"


def test_another_output_is_another_picture(tmp_path: Path) -> None:
    changed = tmp_path / "racestack"
    changed.write_text(f'#!/bin/sh\n{binary()} "$@" | sed s/written/WRITTEN/\n')
    changed.chmod(0o755)
    finished = drawn(changed)
    assert finished.returncode == 0, finished.stderr
    assert "WRITTEN" in finished.stdout


def test_the_picture_is_an_image_that_loads_and_runs_nothing() -> None:
    for element in ElementTree.parse(PICTURE).iter():
        assert element.tag.split("}")[1] in {"svg", "title", "style", "rect", "circle", "text", "path"}
        assert not any("href" in name or name.startswith("on") for name in element.attrib)
