"""moto with the extension, served on free ports of 127.0.0.1."""

import os
import threading
from collections.abc import Callable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from . import clients, exports, iam_service, sagemaker_service, stack_sets, stacks, sts_service, training_jobs


def extended_moto() -> DomainDispatcherApplication:
    """Patch moto."""
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
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port
