"""The page of a fleet, used in a real browser. What is done to it there stands in tests/node/page.mjs."""

import csv
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from patience import PATIENCE
from workspace import PEOPLE, REPOSITORY, SETTINGS, Workspace, binary

BROWSER_TESTS = REPOSITORY / "tests" / "node" / "page.mjs"
HOSTILE = '<img src=x onerror="globalThis.pwned = 1"></title></style></script><script>globalThis.pwned = 1</script>'


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser: what `CHROMIUM` names, or Debian's."""
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    assert Path(path).exists(), f"there is no browser {path}: tests/node/install.sh installs one on Debian, CHROMIUM names another"
    return path


def report(config: Path, page: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `racestack report`."""
    out = page.parent / "out"
    command = [binary(), "report", "--config", config, "--out", out, "--page", page, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


def browse(chromium: str, page: Path, test: str) -> str:
    """Run a test of page.mjs on a page, and return what it prints."""
    picture = os.environ.get("SCREENSHOTS")
    arguments = [str(Path(picture) / f"{test}.png")] if picture else []
    environment = os.environ | {"CHROMIUM": chromium}
    done = subprocess.run(
        ["node", BROWSER_TESTS, page, test, *arguments],
        capture_output=True, text=True, check=False, env=environment, timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of one account with three people, one of whom gets a larger notebook."""
    workspace = Workspace(tmp_path_factory.mktemp("page"), SETTINGS["hardened"])
    workspace.write()
    workspace.synth()
    before = shutil.copytree(workspace.root / "out", workspace.root / "before")
    workspace.write(({**PEOPLE[0], "notebook.volume_gb": "30"}, *PEOPLE[1:]))
    workspace.synth()
    page = workspace.root / "page.html"
    done = report(workspace.root / "config", page, "--against", str(before))
    assert done.returncode == 0, done.stderr
    return page


@pytest.mark.parametrize(
    "test",
    [
        "shows_everything_without_a_script",
        "searches",
        "filters",
        "sorts",
        "is_used_by_keyboard",
        "is_dark_when_asked",
        "prints_what_is_folded",
        "shows_what_changes",
        "looks_right",
    ],
)
def test_in_the_browser(chromium: str, page: Path, test: str) -> None:
    """A person uses the page."""
    browse(chromium, page, test)


def test_nothing_of_the_roster_runs(chromium: str, tmp_path: Path) -> None:
    """Texts that are markup stay texts: of the command line, of a roster's row, of an account's settings."""
    workspace = Workspace(tmp_path, SETTINGS["hardened"])
    workspace.write(({"name": "tanaka.taro", "display_name": HOSTILE}, {"name": HOSTILE}))
    page = tmp_path / "page.html"
    done = report(tmp_path / "config", page, "--title", HOSTILE)
    # The rows are mistakes, which the page shows.
    assert done.returncode == 1, done.stderr
    browse(chromium, page, "runs_nothing_of_the_roster")


def test_5000_people_open_quickly(chromium: str, tmp_path: Path) -> None:
    """A large page is there within two seconds, and can be searched."""
    workspace = Workspace(tmp_path, SETTINGS["hardened"] + "quotas:\n  roles: 10000\n")
    workspace.write()
    with (tmp_path / "config" / "accounts" / "tokyo" / "roster.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["name", "display_name", "email", "team"])
        rows.writerows([f"person-{n}", f"田中 {n}", f"person-{n}@example.com", f"team {n % 40}"] for n in range(5000))
    page = tmp_path / "page.html"
    done = report(tmp_path / "config", page)
    assert done.returncode == 0, done.stderr
    browse(chromium, page, "opens_5000_people_quickly")
