"""Lets the SDK have its own schema checked once in a run: each look into its defaults does it anew, which is half of what a job takes."""

import os
from typing import Any

from jsonschema import Draft202012Validator


def check_schemas() -> None:
    """From here on, no schema is checked twice; at full length, the SDK is as it is."""
    if os.environ.get("RACESTACK_SLOW_TESTS"):
        return
    check, checked = Draft202012Validator.check_schema, []

    def check_once(schema: object, **options: Any) -> None:
        if not any(one is schema for one in checked):
            check(schema, **options)
            checked.append(schema)

    Draft202012Validator.check_schema = check_once
