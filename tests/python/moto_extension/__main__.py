"""Serve moto with the extension on a free port of 127.0.0.1, and print the port.

The server stops when its standard input closes, so that it cannot outlive the tests that started it.
"""

import os
import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from . import clients, iam_service, sagemaker_service, stack_sets, stacks


def main() -> None:
    """Patch moto, serve it, and wait for the end of standard input."""
    iam_service.extend()
    sagemaker_service.extend()
    stacks.extend()
    stack_sets.extend()
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    os.environ["MOTO_PORT"] = str(server.server_port)
    clients.serve_from(server.server_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
