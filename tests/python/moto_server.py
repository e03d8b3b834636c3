"""A moto server of one's own: started on a free port, stopped by its own process."""

import contextlib
import functools
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from aws_program import ANOTHER

from patience import PATIENCE

HERE = Path(__file__).parent
REGION = "ap-northeast-1"
ACCOUNT_ID = "111122223333"
OTHER_ACCOUNT_ID = "444455556666"


@dataclass(frozen=True)
class MotoServer:
    """An account of its own, empty at first, behind an endpoint."""

    endpoint: str
    # A folder with an `aws` that is loaded already.
    programs: Path | None = None

    def environment(self, *, anew: bool = False) -> dict[str, str]:
        """The variables with which a command speaks to this server, and to nothing else. `anew`: each `aws` is started
        as an administrator starts it."""
        is_anew = anew or self.programs is None
        programs = [str(self.programs)] if not is_anew else [ANOTHER] if ANOTHER else []
        inherited = {key: value for key, value in os.environ.items() if not key.upper().startswith(("AWS_", "HTTP"))}
        return inherited | {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_DEFAULT_OUTPUT": "json",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
            "PYTHONPATH": str(HERE / "hosts"),
            "NO_PROXY": "127.0.0.1",
            "PATH": os.pathsep.join([*programs, str(Path(sys.executable).parent), os.environ["PATH"]]),
            "RETRY_SECONDS": "0",
        }

    def client(self, service: str) -> Any:
        """A boto3 client of the account."""
        return _client(self.endpoint, service)


@contextlib.contextmanager
def running_moto_server(
    log: Path, *, account_id: str = ACCOUNT_ID, programs: Path | None = None
) -> Iterator[MotoServer]:
    """Run a server for as long as the block runs."""
    environment = os.environ | {"MOTO_ACCOUNT_ID": account_id, "PYTHONPATH": str(HERE)}
    command = [sys.executable, "-m", "moto_extension"]
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            port = process.stdout.readline().strip()
            if not port:
                raise RuntimeError(f"moto did not start:\n{log.read_text()}")
            endpoint = f"http://127.0.0.1:{port}"
            wait_until_it_answers(endpoint)
            yield MotoServer(endpoint, programs)
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)


@functools.lru_cache
def _client(endpoint: str, service: str) -> Any:
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    config = Config(proxies={}, read_timeout=PATIENCE, retries={"total_max_attempts": 1})
    return session.client(service, endpoint_url=endpoint, config=config)


def wait_until_it_answers(endpoint: str) -> None:
    """Wait until a server does."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            opener.open(f"{endpoint}/moto-api/data.json", timeout=PATIENCE).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
