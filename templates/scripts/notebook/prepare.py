"""Prepares a notebook for its person, from the files beside this one. Runs as root at each start.

Writes the SageMaker SDK's defaults and the beginning of job names for all kernels, and the first files of the folder that
outlives a stop. What could not be prepared stands in that folder's README.
"""

import json
import os
import re
import string
import sys

here = os.path.dirname(os.path.abspath(__file__))
etc, folder, adapt_sdk, bucket, user, notebook, region, idle, instance_type, output_key, longest = sys.argv[1:]
problems = []


def read(path):
    """The text of a file; None where there is none, and nothing of one that is no text."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return ""


def write(path, text):
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        print("racestack:", error, file=sys.stderr)
        problems.append(str(error))


def filled(name):
    values = {"BUCKET": bucket, "NAME": user or "NAME", "NOTEBOOK": notebook or "NOTEBOOK", "REGION": region}
    values.update(IDLE=idle, TYPE=instance_type, LONGEST=longest)
    return string.Template(read(os.path.join(here, name)) or "").safe_substitute(values)


def sdk_defaults():
    """What jobs are like where the code does not say. JSON is YAML, too."""
    try:
        facts = json.loads(read(os.path.join(here, "notebook.json")) or "{}")
    except ValueError:
        facts = {}
        problems.append("what SageMaker says of the notebook could not be read: jobs have no role, network and key by themselves")
    job = {"Tags": [{"Key": "user", "Value": user}]}
    if facts.get("RoleArn"):
        job["RoleArn"] = facts["RoleArn"]
    if facts.get("SubnetId") and facts.get("SecurityGroups"):
        job["VpcConfig"] = {"Subnets": [facts["SubnetId"]], "SecurityGroupIds": facts["SecurityGroups"]}
    if facts.get("KmsKeyId"):
        job["ResourceConfig"] = {"VolumeKmsKeyId": facts["KmsKeyId"]}
    if output_key:
        job["OutputDataConfig"] = {"KmsKeyId": output_key}
    session = {"DefaultS3Bucket": bucket, "DefaultS3ObjectKeyPrefix": user + "/sagemaker"}
    # The SDK would report each call to a bucket of AWS's.
    sdk = {"PythonSDK": {"Modules": {"Session": session, "TelemetryOptOut": True}}, "TrainingJob": job}
    return json.dumps({"SchemaVersion": "1.0", "SageMaker": sdk}, indent=2) + "\n"


def readme():
    text, failed = filled("README.md").split("<!-- problems -->")
    # What stands before the mark is said of a notebook that stops by itself, what stands behind it of another.
    text = re.sub("^- (.*)<!-- 0: -->(.*)$", r"- \2" if idle == "0" else r"- \1", text, flags=re.MULTILINE)
    found = (read(os.path.join(here, "problems")) or "").splitlines() + problems
    return text.rstrip() + "\n" + (failed + "".join(f"\n- {line}" for line in found) + "\n" if found else "")


def starter_notebook():
    """The Jupyter notebook with a cell for each text and each block of code."""
    cells = []
    for index, part in enumerate(filled("start-here.md").split("```")):
        code = index % 2 == 1
        cell = {"cell_type": "code" if code else "markdown", "id": f"cell-{index}", "metadata": {}}
        cell["source"] = (part[len("python"):] if code else part).strip()
        if code:
            cell.update(outputs=[], execution_count=None)
        if cell["source"]:
            cells.append(cell)
    kernel = {"name": "conda_python3", "display_name": "conda_python3", "language": "python"}
    lesson = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(lesson, ensure_ascii=False, indent=1) + "\n"


def become_owner():
    """From here on with the rights of the folder's owner alone: what is in it is theirs, and may lead anywhere."""
    owner = os.stat(folder)
    if os.geteuid() == 0 and owner.st_uid:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)


if user:
    write(os.path.join(etc, "xdg/sagemaker/config.yaml"), sdk_defaults())
if notebook and adapt_sdk == "true":
    # A job's name has 63 characters, and eight of them tell it from others.
    room = 63 - len(notebook + "--")
    if room < 8:
        how = "give each its full name, which begins so" if room > 0 else "ask for a notebook with a shorter name"
        problems.append(f"the notebook's name is too long for the SDK to begin the names of training jobs with {notebook}--, and you can read the logs of no others: {how}")
    else:
        write(os.path.join(etc, "ipython/startup/50-racestack.py"), filled("adapt-sdk.py"))
files = {"README.md": readme(), "start-here.ipynb": starter_notebook()}
become_owner()
for name, text in files.items():
    path, written = os.path.join(folder, name), os.path.join(folder, ".racestack", name)
    # What the person changed or deleted stays so.
    if read(path) == read(written) != text:
        write(path, text)
        write(written, text)
