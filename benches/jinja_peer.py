#!/usr/bin/env python3
"""What people would write instead: the users' stacks as text from a Jinja2 template, without any check.

benches/jinja_peer.py CONFIG OUT, for a configuration that make_roster.py made. It renders the users' resources as
racestack does, with the same policies, into stacks of 100 users; the few other stacks are left out.
"""

import csv
import pathlib
import sys

import jinja2
import yaml

PER_STACK = 100

SUSPENDED = """\
        - PolicyName: suspended
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Deny
                Action: "*"
                Resource: "*"
"""

TAGS = """\
      Tags:
        {%- for key, value in LIST %}
        - Key: {{ key }}
          Value: {{ value }}
        {%- endfor %}
"""

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Description: "AWS DeepRacer training environment of {{ company }}: users, their notebook roles and their notebooks"
Metadata:
  racestack:
    part: users
    policies: hardened
Resources:
  NotebookLifecycle:
    Type: AWS::SageMaker::NotebookInstanceLifecycleConfig
    Properties:
      NotebookInstanceLifecycleConfigName: {{ company }}-deepracer-{{ part }}
      OnStart:
        - Content: !Base64 |
            {{ script | indent(12) }}
{%- for user in users %}

  {{ user.id }}User:
    Type: AWS::IAM::User
    Properties:
      UserName: {{ user.name }}
      Path: /deepracer/
      Groups:
        - {{ company }}-deepracer-users
      PermissionsBoundary: "arn:aws:iam::{{ account_id }}:policy/deepracer/{{ company }}-deepracer-boundary"
      {%- if user.suspended %}
      Policies:
SUSPENDED
      {%- endif %}
USER_TAGS
  {%- if user.notebook %}

  {{ user.id }}NotebookRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: {{ user.name }}
      Path: /deepracer/notebook/
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal:
              Service: sagemaker.amazonaws.com
            Action: sts:AssumeRole
      ManagedPolicyArns:
        - "arn:aws:iam::{{ account_id }}:policy/deepracer/{{ company }}-deepracer-notebook"
      Policies:
        - PolicyName: notebook
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: s3:ListBucket
                Resource: "arn:aws:s3:::{{ bucket }}"
                Condition:
                  StringLike:
                    s3:prefix: "{{ user.name }}/*"
              - Effect: Allow
                Action:
                  - s3:GetObject
                  - s3:PutObject
                  - s3:DeleteObject
                Resource: "arn:aws:s3:::{{ bucket }}/{{ user.name }}/*"
              - Effect: Allow
                Action:
                  - sagemaker:DescribeNotebookInstance
                  - sagemaker:StopNotebookInstance
                  - sagemaker:DescribeTrainingJob
                  - sagemaker:StopTrainingJob
                  - sagemaker:ListTags
                Resource: "*"
                Condition:
                  StringEquals:
                    aws:ResourceTag/user: {{ user.name }}
              - Effect: Allow
                Action: logs:PutLogEvents
                Resource: "arn:aws:logs:{{ region }}:{{ account_id }}:log-group:/aws/sagemaker/NotebookInstances:log-stream:{{ user.notebook.name }}/*"
              - Effect: Allow
                Action: sagemaker:CreateTrainingJob
                Resource: "arn:aws:sagemaker:{{ region }}:{{ account_id }}:training-job/*"
                Condition:
                  StringEquals:
                    aws:RequestTag/user: {{ user.name }}
              - Effect: Allow
                Action: sagemaker:AddTags
                Resource: "arn:aws:sagemaker:{{ region }}:{{ account_id }}:training-job/*"
                Condition:
                  StringEquals:
                    sagemaker:TaggingAction: CreateTrainingJob
                    aws:RequestTag/user: {{ user.name }}
              - Effect: Allow
                Action: iam:PassRole
                Resource: "arn:aws:iam::{{ account_id }}:role/deepracer/notebook/{{ user.name }}"
                Condition:
                  StringEquals:
                    iam:PassedToService: sagemaker.amazonaws.com
        {%- if user.suspended %}
SUSPENDED
        {%- endif %}
ROLE_TAGS
  {{ user.id }}Notebook:
    Type: AWS::SageMaker::NotebookInstance
    Properties:
      NotebookInstanceName: {{ user.notebook.name }}
      InstanceType: {{ user.notebook.instance_type }}
      VolumeSizeInGB: {{ user.notebook.volume_gb }}
      PlatformIdentifier: notebook-al2023-v1
      RoleArn: !GetAtt {{ user.id }}NotebookRole.Arn
      LifecycleConfigName: !GetAtt NotebookLifecycle.NotebookInstanceLifecycleConfigName
      RootAccess: Disabled
      InstanceMetadataServiceConfiguration:
        MinimumInstanceMetadataServiceVersion: "2"
ROLE_TAGS
  {%- endif %}
{%- endfor %}
"""


def user_of(row: dict[str, str], settings: dict) -> dict:
    name = row["name"]
    cost_center = row["tags.CostCenter"] or settings["tags"]["CostCenter"]
    tags = [("managed-by", "racestack"), ("user", name), ("CostCenter", f'"{cost_center}"'), ("team", row["team"])]
    notebook = None
    if row["notebook"] != "false":
        defaults = settings["notebooks"]
        notebook = {
            "name": name.replace(".", "-"),
            "instance_type": row["notebook.instance_type"] or defaults["instance_type"],
            "volume_gb": row["notebook.volume_gb"] or defaults["volume_gb"],
        }
    return {
        "name": name,
        "id": "".join(part.capitalize() for part in name.split(".")),
        "suspended": row["state"] == "suspended",
        "notebook": notebook,
        "tags": tags,
        "user_tags": [*tags, ("email", f'"{row["email"]}"')],
    }


def main() -> None:
    config, out = map(pathlib.Path, sys.argv[1:3])
    settings = yaml.safe_load((config / "settings.yaml").read_text())
    script = (pathlib.Path(__file__).parent.parent / "templates/scripts/notebook-on-start.sh").read_text()
    text = TEMPLATE.replace("SUSPENDED\n", SUSPENDED)
    text = text.replace("USER_TAGS\n", TAGS.replace("LIST", "user.user_tags"))
    text = text.replace("ROLE_TAGS\n", TAGS.replace("LIST", "user.tags"))
    template = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(text)
    for folder in sorted((config / "accounts").iterdir()):
        account = yaml.safe_load((folder / "settings.yaml").read_text())
        with (folder / "roster.csv").open(newline="") as roster:
            users = [user_of(row, settings) for row in csv.DictReader(roster)]
        target = out / folder.name
        target.mkdir(parents=True, exist_ok=True)
        for number, start in enumerate(range(0, len(users), PER_STACK), 1):
            part = f"users-{number:03d}"
            rendered = template.render(
                company=settings["company"],
                account_id=account["account_id"],
                region=account["region"],
                bucket=f"{settings['company']}-aws-deepracer-test-{account['bucket']['created']}",
                part=part,
                script=script,
                users=users[start : start + PER_STACK],
            )
            (target / f"{part}.yaml").write_text(rendered)


if __name__ == "__main__":
    main()
