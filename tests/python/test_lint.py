"""The AWS linters accept everything that racestack writes."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from moto_server import REGION
from patience import PATIENCE
from templates import load
from workspace import REPOSITORY, Workspace

TOOLS = Path(sys.executable).parent

# cfn-lint no longer knows the actions of a service that AWS has retired; the role keeps them for accounts that still
# have it.
RETIRED = "'deepracer' is not one of"

# What administrators run, on macOS too, whose bash is version 3.2.
THEIR_SCRIPTS = (
    *(f"scripts/{name}.sh" for name in ("deploy", "deploy-stack-set", "import", "audit")),
    "init/deploy-all.sh",
)
# What bash understands only since version 4, and what the awk of macOS does not, by an example. shellcheck knows neither.
# Source: https://git.savannah.gnu.org/cgit/bash.git/tree/NEWS and https://github.com/onetrueawk/awk/blob/master/awkgram.y
BASH_4 = {
    "declare -A seen": r"\b(declare|local|typeset|readonly) +-\w*[Anlug]",
    "mapfile -t lines": r"\b(mapfile|readarray|coproc)\b",
    'echo "${name^^}"': r"\$\{\w+(\[[^]]*\])?(\^|,)",
    'echo "${name@Q}"': r"\$\{\w+(\[[^]]*\])?@[A-Za-z]\}",
    'echo "${names[-1]}"': r"\$\{\w+\[ *-",
    'echo "${name:0:-1}"': r"\$\{\w+:[^}:]*: *-",
    "make |& cat": r"\|&",
    "make &>>log": r"&>>",
    "a) one ;;&": r";;?&",
    "exec {log}>file": r"\{[A-Za-z_]\w*\}[<>]",
    "echo {01..10}": r"\{0\d+\.\.|\{[^},]*\.\.[^},]*\.\.",
    "[[ -v name ]]": r"\[ -v ",
    "wait -n": r"\bwait +-",
    "read -N 1": r"\bread +-\w*[Ni]",
    "printf '%(%F)T'": r"%\([^)]*\)T",
    "printf -v 'names[0]' x": r"\bprintf +-v +\S*\[",
    "shopt -s lastpipe": r"\b(globstar|lastpipe|inherit_errexit|localvar_inherit|autocd|dirspell|checkjobs)\b",
    "echo $BASHPID": r"\b(BASHPID|EPOCHSECONDS|EPOCHREALTIME|SRANDOM|BASH_ARGV0|BASH_XTRACEFD|PROMPT_DIRTRIM)\b",
    "awk '{ print $1 == 2 }'": r"\bprint +[^(};>|]*(==|!=|<|~)",
    "echo $'\\u00e9'": r"\$'[^']*\\[uU][0-9a-fA-F]",
}


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
    assert bool(expected) == (workspace.out / "retired-roles.yaml").exists()
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


def of_bash_4(text: str) -> set[str]:
    """What in a script bash 3.2 does not understand."""
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return {found[0] for pattern in BASH_4.values() for found in re.finditer(pattern, code)}


@pytest.mark.parametrize("script", THEIR_SCRIPTS)
def test_bash_3_understands_the_scripts_of_administrators(script: str) -> None:
    assert of_bash_4((REPOSITORY / "templates" / script).read_text()) == set()


@pytest.mark.parametrize("example", BASH_4)
def test_what_bash_3_does_not_understand_is_found(example: str) -> None:
    assert re.search(BASH_4[example], example) and of_bash_4(f"set -e\n{example}\n")
    assert of_bash_4(f"# {example}\n") == set()


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
