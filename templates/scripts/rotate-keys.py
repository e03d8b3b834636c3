"""Deactivates the access keys that are too old, and warns of those that soon will be. Deletes none.

Looks at the keys of the members of GROUP whose path is USER_PATH or below it. Whoever has one that is too old, active or not,
has the tag OLD_KEY_TAG: a policy denies them to change the status of keys until the old one is deleted. Everything is tried and
told before a failure is raised: what fails for one person keeps no other's key from being looked at.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import boto3
from botocore.config import Config

MAX_AGE = int(os.environ["MAX_AGE_DAYS"])
OLD_KEY_TAG = os.environ["OLD_KEY_TAG"]
WARN_FROM = MAX_AGE - int(os.environ["WARN_DAYS"])
DEACTIVATED = f"Deactivated, since they were {MAX_AGE} days old or older: make a new key, then delete the old one"
SOON = f"Deactivated soon, when they are {MAX_AGE} days old: make a new key, then delete the old one"
FAILED = "Failed"
LINES = 300  # A notice holds 256 KB. The log has every line.
PEOPLE_AT_ONCE = 8  # 5,000 people within the 15 minutes that a function has.

retries = Config(retries={"mode": "standard", "total_max_attempts": 8}, max_pool_connections=PEOPLE_AT_ONCE)
iam = boto3.client("iam", config=retries)
sns = boto3.client("sns", config=retries)


def handler(event, context):
    now = datetime.now(UTC)
    told = {DEACTIVATED: [], SOON: [], FAILED: []}
    with ThreadPoolExecutor(PEOPLE_AT_ONCE) as pool:
        for lines in pool.map(lambda name: of_person(name, now), people()):
            for kind, line in lines:
                print(f"{kind}: {line}")
                told[kind].append(line)
    if any(told.values()):
        account = os.environ["TOPIC"].split(":")[4]
        counts = f"{len(told[DEACTIVATED])} deactivated, {len(told[SOON])} soon, {len(told[FAILED])} failed"
        sns.publish(
            TopicArn=os.environ["TOPIC"],
            Subject=f"Access keys in {account}: {counts}",
            Message="\n\n".join(section(kind, lines) for kind, lines in told.items() if lines),
        )
    if told[FAILED]:
        raise RuntimeError("\n".join(told[FAILED][:LINES]))


def people():
    pages = iam.get_paginator("get_group").paginate(GroupName=os.environ["GROUP"])
    users = [user for page in pages for user in page["Users"]]
    return sorted(user["UserName"] for user in users if user["Path"].startswith(os.environ["USER_PATH"]))


def of_person(name, now):
    try:
        keys = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    except Exception as error:
        return [(FAILED, f"{name}: {error}")]
    aged = [(key, (now - key["CreateDate"]).days) for key in keys]
    told = [of_key(name, key, age) for key, age in aged if key["Status"] == "Active" and age >= WARN_FROM]
    try:
        mark(name, any(age >= MAX_AGE for _, age in aged))
    except Exception as error:
        told.append((FAILED, f"{name}: {error}"))
    return told


def mark(name, has_old_key):
    is_marked = any(tag["Key"] == OLD_KEY_TAG for tag in iam.list_user_tags(UserName=name)["Tags"])
    if has_old_key and not is_marked:
        iam.tag_user(UserName=name, Tags=[{"Key": OLD_KEY_TAG, "Value": "true"}])
    if is_marked and not has_old_key:
        iam.untag_user(UserName=name, TagKeys=[OLD_KEY_TAG])


def of_key(name, key, age):
    line = f"{name}: {key['AccessKeyId']}, {age} days old"
    if age < MAX_AGE:
        return SOON, line
    try:
        iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    except Exception as error:
        return FAILED, f"{line}: {error}"
    return DEACTIVATED, line


def section(kind, lines):
    more = [f"… and {len(lines) - LINES} more: see the log"] if len(lines) > LINES else []
    return "\n".join([f"{kind}:", *lines[:LINES], *more])
