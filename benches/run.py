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
import tempfile
import time
import typing

ROOT = pathlib.Path(__file__).resolve().parent.parent
RACESTACK = ROOT / "target/release/racestack"
PEERS = ROOT / "target/peers"
PYTHON = PEERS / "venv/bin/python"

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
    """A command, made for each run of it, and the files that are removed before."""

    name: str
    command: typing.Callable[[], list]
    fresh: list = dataclasses.field(default_factory=list)
    rounds: int = 0
    codes: tuple = (0,)
    runs: list = dataclasses.field(default_factory=list)
    out: pathlib.Path | None = None

    def seconds(self) -> float:
        return statistics.median(run.seconds for run in self.runs)

    def processor_seconds(self) -> float:
        return statistics.median(run.processor_seconds for run in self.runs)

    def megabytes(self) -> float:
        return max(run.megabytes for run in self.runs)


class Bench:
    """Where everything is measured. Each run writes into a folder of its own, and nothing is removed before the end: some
    file systems are slow to make files for a minute after many were removed, whoever removed them."""

    def __init__(self, work: pathlib.Path) -> None:
        self.work = work
        self.made = 0

    def folder(self, name: str) -> pathlib.Path:
        """A folder that does not exist yet."""
        self.made += 1
        return self.work / f"{self.made:03d}-{name}"

    def config(self, name: str, *arguments: str) -> pathlib.Path:
        folder = self.folder(name)
        subprocess.run([sys.executable, ROOT / "benches/make_roster.py", folder, *arguments], check=True)
        return folder

    def synth(self, name: str, config: pathlib.Path, *arguments: object, codes: tuple = (0,)) -> Case:
        """The case that makes everything anew in each run."""
        locks = [account / "stacks.lock" for account in config.glob("accounts/*")]

        def command() -> list:
            case.out = self.folder("run") / "stacks"
            return [RACESTACK, "synth", "--config", config, "--out", case.out, *arguments]

        case = Case(name, command, locks, codes=codes)
        return case

    def cfn_guard(self, name: str, stacks: pathlib.Path, rounds: int) -> Case:
        templates = self.folder("templates")
        templates.mkdir()
        for template in stacks.glob("*/*.yaml"):
            shutil.copy(template, templates)
        rules = self.folder("rules")
        shutil.copytree(ROOT / "rules", rules, ignore=shutil.ignore_patterns("*.yaml"))
        command = [PEERS / "bin/cfn-guard", "validate", "--data", templates, "--rules", rules]
        return Case(f"cfn-guard {name}", lambda: command, rounds=rounds)


def run(case: Case) -> Run:
    for path in case.fresh:
        path.unlink(missing_ok=True)
    command = case.command()
    os.sync()
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = code = os.waitstatus_to_exitcode(status)
    if code not in case.codes:
        sys.exit(f"{case.name}: exit code {code} of {' '.join(map(str, command))}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, code)


def measure(bench: Bench, rounds: int, peer_rounds: int) -> dict[str, Case]:
    small = bench.config("small")
    large = bench.config("large", "--template-bucket", "templates-of-mycompany")
    fail = bench.config("fail")
    (fail / "rules").mkdir()
    (fail / "rules/nobody.guard").write_text(FAILING_RULE)
    cases = [
        bench.synth("5,000 users", small),
        bench.synth("5,000 users, 1 MB templates", large),
        bench.synth("1,000 users", bench.config("thousand", "--users", "1000")),
        bench.synth("10 users", bench.config("ten", "--users", "10")),
        bench.synth("100 accounts of 1,000", bench.config("fleet", "--accounts", "100", "--users", "1000")),
        bench.synth("5,000 users, unchecked", bench.config("unchecked"), "--no-check"),
        Case("Jinja2", lambda: [PYTHON, ROOT / "benches/jinja_peer.py", small, bench.folder("run")]),
        bench.synth("a rule that fails on all", fail, codes=(1,)),
    ]
    cases[4].rounds = peer_rounds
    # Once before anything counts: for the templates that the peers are to check.
    made = [bench.synth("made", config) for config in (small, large)]
    for case in made:
        run(case)
    cases += [bench.cfn_guard(name, case.out, peer_rounds) for name, case in zip(("small", "large"), made)]
    for number in range(rounds):
        for case in cases:
            if number < (case.rounds or rounds):
                print(f"round {number + 1} of {case.rounds or rounds}: {case.name}", file=sys.stderr)
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
        ("5,000 users unchecked / Jinja2", ratio("5,000 users, unchecked", "Jinja2"), 0.7, ""),
        ("5,000 users / 1,000 users", ratio("5,000 users", "1,000 users"), 6.0, ""),
        ("10 users / 60 ms", cases["10 users"].seconds() / 0.06, 1.0, ""),
        (f"{fleet} / 5,000 users", ratio(fleet, "5,000 users"), 20.0, memory(fleet, 500)),
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
    # On the disk that the project is on: in memory, nothing would wait for a disk.
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "target") as work:
        measured = measure(Bench(pathlib.Path(work)), arguments.rounds, min(arguments.rounds, arguments.peer_rounds))
        print(table(measured))


if __name__ == "__main__":
    main()
