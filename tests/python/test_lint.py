"""The AWS linters accept everything that racestack writes."""

import json
import subprocess
import sys
from pathlib import Path

from moto_server import REGION
from patience import PATIENCE
from templates import load
from workspace import REPOSITORY, Workspace

TOOLS = Path(sys.executable).parent

# cfn-lint no longer knows the actions of a service that AWS has retired; the role keeps them for accounts that still
# have it.
RETIRED = "'deepracer' is not one of"


def test_cfn_lint_finds_nothing_but_the_retired_service(workspace: Workspace) -> None:
    templates = sorted(workspace.out.glob("*.yaml"))
    assert templates
    finished = subprocess.run(
        [TOOLS / "cfn-lint", "--format", "json", "--regions", REGION, "--include-checks", "I", "--", *templates],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    findings = json.loads(finished.stdout)
    expected = {file.name for file in templates if any(name.startswith("deepracer:") for name in actions(load(file)))}
    assert expected
    assert {Path(finding["Filename"]).name for finding in findings} == expected, finished.stdout
    for finding in findings:
        assert finding["Rule"]["Id"] == "W3037", finding
        assert finding["Message"].startswith(RETIRED), finding


def test_shellcheck_accepts_the_deployment_script(workspace: Workspace) -> None:
    shellcheck([workspace.out / "deploy.sh"])


def test_shellcheck_accepts_the_scripts_of_the_templates() -> None:
    scripts = sorted((REPOSITORY / "templates" / "scripts").glob("*.sh"))
    assert scripts
    shellcheck(scripts)


def shellcheck(scripts: list[Path]) -> None:
    """Fail with what shellcheck says of any of the scripts."""
    finished = subprocess.run([TOOLS / "shellcheck", *scripts], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def actions(value: object) -> set[str]:
    """Every action of every policy statement in a template."""
    if isinstance(value, list):
        return {action for entry in value for action in actions(entry)}
    if not isinstance(value, dict):
        return set()
    own = value.get("Action", [])
    return ({own} if isinstance(own, str) else set(own)) | actions(list(value.values()))
