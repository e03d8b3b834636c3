"""What CI runs is what CONTRIBUTING.md says, and it tells how many tests passed and failed."""

import re
import subprocess
from pathlib import Path

import pytest

from patience import PATIENCE
from workspace import REPOSITORY

COUNTS = REPOSITORY / ".ci" / "counts"
RUST = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n"
# Of Rust, the suite and the unit tests write a file each.
BETWEEN = "\n---\n"
FAILED = "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n"


def counts(folder: Path, rust: str, python: str) -> tuple[int, str]:
    """What is told of what the tests printed."""
    suite, _, units = rust.partition(BETWEEN)
    (folder / "suite.log").write_text(suite)
    (folder / "units.log").write_text(units)
    (folder / "python.log").write_text(python)
    finished = subprocess.run([COUNTS, folder], capture_output=True, text=True, timeout=PATIENCE, check=False)
    return finished.returncode, finished.stdout


@pytest.mark.parametrize("line", ["2 failed, 5 passed, 1 error in 3.21s", "= 2 failed, 5 passed, 1 error in 3.21s ="])
def test_counts_are_those_of_all_programs(tmp_path: Path, line: str) -> None:
    told = "rust:   4 passed, 2 failed, 1 ignored, in 2 programs\npython: 2 failed, 5 passed, 1 error in 3.21s\n"
    assert counts(tmp_path, f"running 4 tests\n{RUST}{BETWEEN}{FAILED}", f"..F.\n{line}\n") == (0, told)


@pytest.mark.parametrize(
    ("rust", "python", "part"),
    [
        ("error: could not compile\n", "5 passed in 3.21s\n", "rust"),
        (RUST, "5 passed in 3.21s\n", "rust"),
        (BETWEEN + RUST, "5 passed in 3.21s\n", "rust"),
        (RUST + BETWEEN + RUST, "no tests ran in 0.01s\n", "python"),
        (RUST + BETWEEN + RUST, "INTERNALERROR> 5 passed\n", "python"),
        ("", "5 passed in 3.21s\n", "rust"),
    ],
)
def test_what_ran_no_test_fails(tmp_path: Path, rust: str, python: str, part: str) -> None:
    code, told = counts(tmp_path, rust, python)
    assert code != 0
    assert re.search(f"^{part}: +no test has run$", told, re.MULTILINE), told


def test_ci_runs_what_contributors_run() -> None:
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    said = re.search(r"^    (make \w+) +# what CI runs", text, re.MULTILINE)
    assert said, "CONTRIBUTING.md names no command"
    assert (REPOSITORY / ".ci" / "run").read_text().splitlines()[-1] == said[1]
