"""Hand a command over to the process that has the AWS CLI loaded (`aws_fork_server.py`), and end as the command does."""

import json
import os
import socket
import sys


def main() -> int:
    """Run the arguments that follow the socket's path."""
    path, *arguments = sys.argv[1:]
    asked = {"arguments": arguments, "environment": dict(os.environ), "folder": os.getcwd()}
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        text = json.dumps(asked).encode()
        sent = socket.send_fds(connection, [text], [0, 1, 2])
        connection.sendall(text[sent:])
        connection.shutdown(socket.SHUT_WR)
        status = connection.recv(1)
    return status[0] if status else 255


if __name__ == "__main__":
    sys.exit(main())
