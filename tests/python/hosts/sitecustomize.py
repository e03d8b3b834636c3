"""Lets Python find a server on this machine whose address a client puts an account's ID before, as S3 Control's endpoints do:
`111122223333.127.0.0.1` is `127.0.0.1`. It is loaded by every Python that has this folder in `PYTHONPATH`.

Source: https://docs.aws.amazon.com/general/latest/gr/s3.html
"""

import socket
from typing import Any

_getaddrinfo = socket.getaddrinfo


def _of_this_machine(host: Any, *arguments: Any, **options: Any) -> Any:
    is_prefixed = isinstance(host, str) and host.endswith(".127.0.0.1")
    return _getaddrinfo("127.0.0.1" if is_prefixed else host, *arguments, **options)


socket.getaddrinfo = _of_this_machine
