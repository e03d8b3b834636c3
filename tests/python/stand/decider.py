"""What decides: the simulator of IAM that others wrote, asked one request after another."""

import functools
import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from oracle import FOLDER, Asked


class Decider:
    """The simulator, running."""

    def __init__(self, process: subprocess.Popen[str]):
        self.process = process
        self.lock = threading.Lock()
        self.decide = functools.lru_cache(maxsize=None)(self._decide)

    def _decide(self, line: str) -> str:
        with self.lock:
            self.process.stdin.write(f"{line}\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())
        if "decision" not in answer:
            raise Undecided(f"the simulator cannot decide this: {answer}")
        if answer["unsent"]:
            raise Undecided(f"AWS does not send {answer['unsent']} with this action")
        return answer["decision"]

    def decision(self, asked: Asked) -> str:
        """`Allowed`, `ImplicitlyDenied` or `ExplicitlyDenied`."""
        return self.decide(asked.line())


class Undecided(Exception):
    """A request that the simulator does not take for one that AWS could see."""


@contextmanager
def running_decider() -> Iterator[Decider]:
    """Run the simulator for as long as the block runs."""
    command = ["node", FOLDER / "simulate.mjs", "decide"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Decider(process)
        process.stdin.close()
