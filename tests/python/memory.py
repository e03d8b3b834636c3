"""What a command takes of memory."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from patience import PATIENCE

# Linux counts for a process what its parent held when it was made (`ru_maxrss` lives on over `execve`: getrusage(2)), and
# pytest is large: a small process stands in between, and says what its one child took, in kilobytes.
MEASURED = """
import resource, subprocess, sys
finished = subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL, stdout=subprocess.PIPE)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, flush=True)
sys.stdout.buffer.write(finished.stdout)
sys.exit(finished.returncode)
"""


def peak(command: list[str | Path], environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    """The most that a command took at any time, in kilobytes, and what it printed. It must end with 0."""
    finished = subprocess.run(
        [sys.executable, "-c", MEASURED, *command], env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    kilobytes, printed = finished.stdout.split("\n", 1)
    return int(kilobytes), printed
