"""moto with the extension, served on free ports of 127.0.0.1."""

import functools
import os
import threading
from collections.abc import Callable
from typing import Any

import libyaml  # noqa: F401
import moto.backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from . import clients, exports, iam_service, sagemaker_service, stack_sets, stacks, sts_service, training_jobs


class Handler(MotoRequestHandler):
    """Keeps connections open, and no log of what is asked."""

    protocol_version = "HTTP/1.1"
    # What is answered is sent at once: its head and its body are written one after the other.
    disable_nagle_algorithm = True

    def log_request(self, *_: object) -> None:
        """Nobody reads it."""


def extended_moto() -> DomainDispatcherApplication:
    """Patch moto."""
    # moto looks through its folders at each request.
    moto.backends.list_of_moto_modules = functools.cache(lambda modules=moto.backends.list_of_moto_modules: list(modules()))
    iam_service.extend()
    sagemaker_service.extend()
    training_jobs.extend()
    exports.extend()
    sts_service.extend()
    stacks.extend()
    stack_sets.extend()
    return DomainDispatcherApplication(create_backend_app)


def serve_moto(application: DomainDispatcherApplication) -> int:
    """Serve moto, and tell it and the clients of the extension where. Gives the port."""
    port = serve(application)
    os.environ["MOTO_PORT"] = str(port)
    clients.serve_from(port)
    return port


def serve(application: Callable[..., Any]) -> int:
    """Serve an application until the process ends. Gives the port."""
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port
