"""The AWS linters accept everything that racestack writes."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import MOST
from moto_server import REGION
from patience import PATIENCE
from templates import load
from workspace import REPOSITORY, Workspace

TOOLS = Path(sys.executable).parent
TEMPLATES = REPOSITORY / "templates"

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


@pytest.mark.parametrize("workspace", MOST, indirect=True)
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


@pytest.mark.parametrize("workspace", MOST, indirect=True)
def test_shellcheck_accepts_the_deployment_script(workspace: Workspace) -> None:
    shellcheck([workspace.out / "deploy.sh"])


def test_shellcheck_accepts_the_scripts_of_the_templates() -> None:
    scripts = sorted((TEMPLATES / "scripts").glob("*.sh"))
    assert scripts
    shellcheck(scripts)


def of_bash_4(text: str) -> set[str]:
    """What in a script bash 3.2 does not understand."""
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return {found[0] for pattern in BASH_4.values() for found in re.finditer(pattern, code)}


@pytest.mark.parametrize("script", THEIR_SCRIPTS)
def test_bash_3_understands_the_scripts_of_administrators(script: str) -> None:
    assert of_bash_4((TEMPLATES / script).read_text()) == set()


def not_in_bash_3(script: str) -> list[str]:
    """The commands of `$(…)` that bash 3.2 cannot parse. It reads to the bracket that closes as many as were opened, and minds quotes
    alone: not that a bracket ends the pattern of a `case`, or stands in a comment.
    Source: https://git.savannah.gnu.org/cgit/bash.git/tree/parse.y?h=bash-3.2 (parse_matched_pair)"""
    bodies = [script[found.start() + 1 : end_in_bash_3(script, found.end())] for found in re.finditer(r"\$\((?!\()", script)]
    unsure = [body for body in bodies if re.search(r"\bcase\b|\s#|^\($", body)]
    return [body for body in unsure if subprocess.run(["bash", "-n", "-c", body], capture_output=True, check=False).returncode]


def end_in_bash_3(script: str, start: int) -> int:
    """Behind the bracket by which bash 3.2 ends the command that begins there; the start where there is none."""
    at, opened, quoted = start, 1, False
    while at < len(script):
        sign = script[at]
        if sign == "\\":
            at += 1
        elif script.startswith("$(", at) and quoted:
            at = end_in_bash_3(script, at + 2) - 1
        elif sign == '"':
            quoted = not quoted
        elif sign == "'" and not quoted:
            at = script.find("'", at + 1) if "'" in script[at + 1 :] else len(script)
        elif sign in "()" and not quoted:
            opened += 1 if sign == "(" else -1
            if not opened:
                return at + 1
        at += 1
    return start


@pytest.mark.parametrize("script", sorted(str(path.relative_to(TEMPLATES)) for kind in ("scripts", "init") for path in (TEMPLATES / kind).glob("*.sh")))
def test_bash_3_finds_the_end_of_each_command(script: str) -> None:
    assert not_in_bash_3((TEMPLATES / script).read_text()) == []


@pytest.mark.parametrize("inside", ['case $1 in a) echo "$1" ;; esac', "true # it's", "true # a)"])
def test_a_command_of_which_bash_3_does_not_find_the_end_is_found(inside: str) -> None:
    assert not_in_bash_3(f'a=$(\n  {inside}\n)\necho "$(echo "$(true ")")")"\n') != []
    assert not_in_bash_3("a=$(case $1 in (a) echo ')' \\) ;; esac)") == []


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
