"""The AWS CLI, ready to run: a process that has loaded it, and runs each command in a fork of its own.

`aws` takes most of a second to load, and a deployment asks it dozens of times. A fork has it loaded already; all else is
its own, as it is of a command that starts anew: program, arguments, environment, folder, streams, exit code.

It listens on the Unix socket that its argument names, and ends when its standard input closes.
"""

import contextlib
import functools
import gc
import importlib
import itertools
import json
import os
import runpy
import select
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

with contextlib.suppress(ImportError):
    # Version 2 of the CLI reads YAML by another package.
    import libyaml  # noqa: F401
import awscli
import awscli.clidriver

PROGRAM = Path(sys.executable).with_name("aws")
# What is run in its place where it is the first argument: many commands, one after the other.
PROCESS = Path(__file__).with_name("aws_cli_process.py")
# The services that deployments ask, whose descriptions are parsed before there is any command.
SERVICES = ("cloudformation", "iam", "s3", "sagemaker", "sts")
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
    """Load what commands load: a command that is ended by what it lacks takes all its modules along."""
    hooks = sys.modules.get("awscli.botocore.hooks") or sys.modules["botocore.hooks"]
    keep(hooks.EventAliaser, "_alias_event_name")
    hooks.accepts_kwargs = functools.cache(hooks.accepts_kwargs)
    driver = awscli.clidriver.create_clidriver()
    # Version 2 of the CLI has a botocore of its own.
    loaders = sys.modules.get("awscli.botocore.loaders") or sys.modules["botocore.loaders"]
    keep(loaders.JSONFileLoader, "load_file")
    keep(loaders.Loader, "list_available_services")
    models = driver.session.get_component("data_loader")
    for service, kind in itertools.product(SERVICES, ("service-2", "endpoint-rule-set-1", "paginators-1", "waiters-2")):
        with contextlib.suppress(loaders.DataNotFoundError):
            models.load_service_model(service, kind)
    for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry", "cli"):
        models.load_data(name)


def keep(loader: type, name: str) -> None:
    """Do once what a loader of the CLI's data does again and again: what a fork does to the answer, no other sees."""
    ask: Callable[..., object] = getattr(loader, name)
    known: dict[tuple[object, ...], object] = {}

    def kept(self: object, *asked: object, **named: object) -> object:
        key = (*asked, *named.values())
        if key not in known:
            known[key] = ask(self, *asked, **named)
        return known[key]

    setattr(loader, name, kept)


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
    arguments = asked["arguments"]
    sys.argv = arguments if arguments[:1] == [str(PROCESS)] else [str(PROGRAM), *arguments]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
