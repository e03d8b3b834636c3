"""The folders that people share: materials that all read, and what a team has for itself."""

import pytest

from stand_server import BUCKET, RACER, Stand
from test_racer_others import Call, is_allowed

FILES = {name: f"{name}/one.txt" for name in ("materials", "teams/blue", "teams/red")}


def calls(folder: str) -> dict[str, Call]:
    """What can be done in a folder."""
    its = {"Bucket": BUCKET, "Key": FILES[folder]}
    return {
        "list": ("s3", "list_objects_v2", {"Bucket": BUCKET, "Prefix": f"{folder}/"}),
        "read": ("s3", "get_object", its),
        "write": ("s3", "put_object", its | {"Body": b"2"}),
        "delete": ("s3", "delete_object", its),
    }


@pytest.mark.parametrize("kind", ["user", "role"])
@pytest.mark.parametrize("stand", ["shared"], indirect=True)
def test_what_is_shared_is_open_and_nothing_else(stand: Stand, kind: str) -> None:
    for key in FILES.values():
        stand.moto.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"1")
    racer = stand.racer(kind, RACER)
    allowed = {
        folder: [what for what, call in calls(folder).items() if is_allowed(racer, call)] for folder in FILES
    }
    assert allowed == {
        "materials": ["list", "read"],
        "teams/blue": ["list", "read", "write", "delete"],
        "teams/red": [],
    }
