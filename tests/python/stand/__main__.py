"""Serve the stand on two free ports of 127.0.0.1, and print them: the administrators', where moto answers everybody, and the
people's, where policies decide. The argument names the file of the journal.

The stand stops when its standard input closes, so that it cannot outlive the tests that started it.
"""

import sys
from pathlib import Path

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket
from moto_extension.server import extended_moto, serve, serve_moto

from .decider import running_decider
from .gate import Gate


def main() -> None:
    """Serve, and wait for the end of standard input."""
    moto = extended_moto()
    # moto holds a bucket's policy itself, but reads none of its conditions. Here the simulator decides.
    FakeBucket.get_permission = lambda _bucket, _action, _resource: PermissionResult.PERMITTED
    with running_decider() as decider:
        gate = Gate(moto, decider, Path(sys.argv[1]))
        administrators = serve_moto(moto)
        people = serve(gate)
        gate.endpoint = f"http://127.0.0.1:{people}"
        print(administrators, people, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
