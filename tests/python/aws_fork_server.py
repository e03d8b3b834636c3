"""The AWS CLI, ready to run: a process that has loaded it, and runs each command in a fork of its own.

`aws` takes most of a second to load, and a deployment asks it dozens of times. A fork has it loaded already; all else is
its own, as it is of a command that starts anew: program, arguments, environment, folder, streams, exit code.

It listens on the Unix socket that its argument names, and ends when its standard input closes.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import socket
import sys
import traceback
from pathlib import Path
from typing import NoReturn

import awscli
import awscli.clidriver
PROGRAM = Path(sys.executable).with_name("aws")
# Handed over with each command: standard input, output and errors.
STREAMS = 3


def main() -> None:
    """Serve until standard input closes."""
    load()
    gc.freeze()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(sys.argv[1])
    listening.listen(64)
    print("ready", flush=True)
    while True:
        readable, _, _ = select.select([listening, 0], [], [])
        if 0 in readable:
            return
        reap()
        connection, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            serve(connection)
        connection.close()


def reap() -> None:
    """Take leave of the commands that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def load() -> None:
    """Load what any command loads: a command that is ended by what it lacks takes all its modules along."""
    awscli.clidriver.create_clidriver()


def serve(connection: socket.socket) -> NoReturn:
    """Run the one command that a connection asks for, and answer with its exit code."""
    status = 255
    try:
        run(connection)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(bytes([status & 255]))
        os._exit(0)


def run(connection: socket.socket) -> None:
    """Become the command, and run it."""
    head, descriptors, _, _ = socket.recv_fds(connection, 65_536, STREAMS)
    asked = json.loads(head + b"".join(iter(lambda: connection.recv(65_536), b"")))
    for own, theirs in enumerate(descriptors):
        os.dup2(theirs, own)
        os.close(theirs)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    # This tells in the environment where the CLI's data is.
    importlib.reload(awscli)
    sys.argv = [str(PROGRAM), *asked["arguments"]]
    runpy.run_path(str(PROGRAM), run_name="__main__")


if __name__ == "__main__":
    main()
