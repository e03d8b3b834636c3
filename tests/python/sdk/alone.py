"""Keeps a program on this machine: whatever it looks up or connects to elsewhere fails, and is told in a line of stderr."""

import ipaddress
import sys


def stay() -> None:
    """From here on, nothing leaves the machine."""
    sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else str(host)
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost"
    if not is_here:
        print(f"LEFT {host}", file=sys.stderr, flush=True)
        raise OSError(f"{host} is elsewhere")
