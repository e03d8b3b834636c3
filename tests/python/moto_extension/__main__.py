"""Serve moto with the extension on a free port of 127.0.0.1, and print the port.

The server stops when its standard input closes, so that it cannot outlive the tests that started it.
"""

import sys

from .server import extended_moto, serve_moto


def main() -> None:
    """Serve, and wait for the end of standard input."""
    print(serve_moto(extended_moto()), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
