#!/usr/bin/env python3
"""Measures racestack against its peers, whole processes, and prints a table of ratios of medians.

`make bench` builds and installs what this needs. The commands of a round run one after the other, so that whatever else the
machine does meets all of them alike. Nothing here fails when a target is missed: times are no test.
"""

import argparse
import dataclasses
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
RACESTACK = ROOT / "target/release/racestack"
PEERS = ROOT / "target/peers"
PYTHON = PEERS / "venv/bin/python"
WORK = ROOT / "target/bench-work"

# Breaks on every user: nobody's name is `nobody`.
FAILING_RULE = """\
let users = Resources.*[ Type == 'AWS::IAM::User' ]
rule USER_IS_NOBODY when %users !empty {
    %users.Properties {
        UserName == 'nobody'
            <<
            Violation: the user is somebody
            Fix: name the user nobody
            >>
    }
}
"""


@dataclasses.dataclass
class Run:
    """One run of a command."""

    seconds: float
    processor_seconds: float
    megabytes: float
    code: int


@dataclasses.dataclass
class Case:
    """A command, and the folders that are removed before each run of it."""

    name: str
    command: list
    fresh: list = dataclasses.field(default_factory=list)
    rounds: int = 0
    codes: tuple = (0,)
    runs: list = dataclasses.field(default_factory=list)

    def seconds(self) -> float:
        return statistics.median(run.seconds for run in self.runs)

    def processor_seconds(self) -> float:
        return statistics.median(run.processor_seconds for run in self.runs)

    def megabytes(self) -> float:
        return max(run.megabytes for run in self.runs)


def run(case: Case) -> Run:
    for path in case.fresh:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    os.sync()
    start = time.perf_counter()
    process = subprocess.Popen(case.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = code = os.waitstatus_to_exitcode(status)
    if code not in case.codes:
        sys.exit(f"{case.name}: exit code {code} of {' '.join(map(str, case.command))}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, code)


def make_config(name: str, *arguments: str) -> pathlib.Path:
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, ROOT / "benches/make_roster.py", folder, *arguments], check=True)
    return folder


def synth(name: str, config: pathlib.Path, *arguments: object, keep: bool = False, codes: tuple = (0,)) -> Case:
    out = WORK / f"out-{name}"
    cache = WORK / f"cache-{name}"
    command = [RACESTACK, "synth", "--config", config, "--out", out, "--cache", cache, *arguments]
    locks = [account / "stacks.lock" for account in config.glob("accounts/*")]
    fresh = [] if keep else [out, cache, *locks]
    return Case(name, command, fresh, codes=codes)


def cfn_guard(name: str, out: pathlib.Path, rounds: int) -> Case:
    templates = WORK / f"templates-{name}"
    shutil.rmtree(templates, ignore_errors=True)
    templates.mkdir(parents=True)
    for template in out.glob("*/*.yaml"):
        shutil.copy(template, templates)
    rules = WORK / "rules"
    shutil.rmtree(rules, ignore_errors=True)
    shutil.copytree(ROOT / "rules", rules, ignore=shutil.ignore_patterns("*.yaml"))
    command = [PEERS / "bin/cfn-guard", "validate", "--data", templates, "--rules", rules]
    return Case(f"cfn-guard {name}", command, rounds=rounds)


def grow(config: pathlib.Path) -> None:
    """Adds a user to the roster, or takes it away again, so that each run finds one user more or less."""
    roster = config / "accounts/account-000/roster.csv"
    text = roster.read_text()
    more = "new.user,new.user@example.com,team-1,,,,,\n"
    roster.write_text(text.removesuffix(more) if text.endswith(more) else text + more)


def measure(rounds: int, peer_rounds: int) -> dict[str, Case]:
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    bucket = ("--template-bucket", "templates-of-mycompany")
    small = make_config("small")
    large = make_config("large", *bucket)
    fail = make_config("fail")
    added = make_config("added", "--users", "4999")
    rules = WORK / "failing-rules"
    shutil.rmtree(rules, ignore_errors=True)
    shutil.copytree(ROOT / "rules", rules)
    (rules / "nobody.guard").write_text(FAILING_RULE)
    cases = [
        synth("5,000 users", small),
        synth("5,000 users, 1 MB templates", large),
        synth("1,000 users", make_config("thousand", "--users", "1000")),
        synth("10 users", make_config("ten", "--users", "10")),
        synth("100 accounts of 1,000", make_config("fleet", "--accounts", "100", "--users", "1000")),
        synth("5,000 users, unchecked", make_config("unchecked"), "--no-check"),
        synth("a rule that fails on all", fail, "--rules", rules, codes=(1,)),
        synth("one user added", added, keep=True),
    ]
    cases[4].rounds = peer_rounds
    jinja_out = WORK / "out-jinja"
    cases.append(Case("Jinja2", [PYTHON, ROOT / "benches/jinja_peer.py", small, jinja_out], [jinja_out]))
    for case in [cases[0], cases[1], cases[7]]:
        run(case)
    cases.append(cfn_guard("small", WORK / "out-5,000 users", peer_rounds))
    cases.append(cfn_guard("large", WORK / "out-5,000 users, 1 MB templates", peer_rounds))
    for number in range(rounds):
        for case in cases:
            if number < (case.rounds or rounds):
                print(f"round {number + 1} of {case.rounds or rounds}: {case.name}", file=sys.stderr)
                if case.name == "one user added":
                    grow(added)
                case.runs.append(run(case))
    return {case.name: case for case in cases}


def table(cases: dict[str, Case]) -> str:
    def ratio(name: str, other: str) -> float:
        return cases[name].seconds() / cases[other].seconds()

    def memory(name: str, most: int) -> str:
        return f"{cases[name].megabytes():.0f} MB of {most}"

    large = "5,000 users, 1 MB templates"
    fleet = "100 accounts of 1,000"
    rows = [
        ("5,000 users / cfn-guard alone", ratio("5,000 users", "cfn-guard small"), 0.05, memory("5,000 users", 300)),
        (f"{large} / cfn-guard alone", ratio(large, "cfn-guard large"), 0.05, memory(large, 300)),
        ("5,000 users unchecked / Jinja2", ratio("5,000 users, unchecked", "Jinja2"), 1.0, ""),
        ("5,000 users / 1,000 users", ratio("5,000 users", "1,000 users"), 6.0, ""),
        ("10 users / 60 ms", cases["10 users"].seconds() / 0.06, 1.0, ""),
        (f"{fleet} / 5,000 users", ratio(fleet, "5,000 users"), 20.0, memory(fleet, 500)),
        ("one user added / 5,000 users", ratio("one user added", "5,000 users"), 0.6, ""),
        ("a rule that fails on all / 5,000 users", ratio("a rule that fails on all", "5,000 users"), 3.0, ""),
    ]
    lines = ["| what | ratio | target | memory |", "|---|---|---|---|"]
    lines += [f"| {what} | {value:.3g} | {target:g} | {peak} |" for what, value, target, peak in rows]
    lines += ["", "| command | median | of processor time | memory |", "|---|---|---|---|"]
    for case in cases.values():
        times = f"{case.seconds():.2f} s | {case.processor_seconds():.2f} s"
        lines.append(f"| {case.name} | {times} | {case.megabytes():.0f} MB |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures racestack against its peers.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer-rounds", type=int, default=2, help="of the fleet and the cfn-guard command, which take long")
    arguments = parser.parse_args()
    print(table(measure(arguments.rounds, min(arguments.rounds, arguments.peer_rounds))))


if __name__ == "__main__":
    main()
