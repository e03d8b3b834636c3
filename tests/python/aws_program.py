"""An `aws` for the PATH that runs the AWS CLI without loading it anew each time."""

import contextlib
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
# The folder of an AWS CLI that is not the tests' own, such as version 2, and of its Python: see `aws-cli-2.sh`.
ANOTHER = os.environ.get("AWS_CLI")
PYTHON = Path(ANOTHER, "python") if ANOTHER else Path(sys.executable)


@contextlib.contextmanager
def running_aws_program() -> Iterator[Path]:
    """Have the CLI loaded for as long as the block runs. Gives the folder that holds `aws`."""
    # The path of a socket is short: that of a test's own folder may not be.
    with tempfile.TemporaryDirectory(prefix="aws-") as folder:
        socket = Path(folder, "socket")
        program = Path(folder, "aws")
        words = (sys.executable, "-I", "-S", str(HERE / "aws_command.py"), str(socket))
        program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        program.chmod(0o755)
        environment = os.environ | {"PYTHONUTF8": "1", "PYTHONPATH": str(HERE / "hosts")}
        command = [PYTHON, HERE / "aws_fork_server.py", socket]
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            if process.stdout.readline() != "ready\n":
                raise RuntimeError("the AWS CLI could not be loaded")
            yield Path(folder)
            process.stdin.close()
