"""What the AWS CLI finds of a declared resource, in the words of its template, to be compared with the declaration.

Defaults and the order of tags and groups are mere form. Everything else must come back as declared, nothing besides.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

from aws_cli import AwsCli
from moto_extension.budgets_resources import api_budget
from moto_extension.operations_resources import zipped
from moto_extension.s3_resources import api_encryption, api_rule
from moto_server import ACCOUNT_ID
from templates import Properties, iam_arn

DEFAULTS: dict[str, Properties] = {
    "AWS::IAM::Group": {"Path": "/"},
    "AWS::IAM::ManagedPolicy": {"Path": "/"},
    "AWS::IAM::User": {"Path": "/"},
    "AWS::IAM::Role": {"Path": "/"},
    "AWS::SageMaker::NotebookInstance": {"DirectInternetAccess": "Enabled"},
}


def declared(type_name: str, properties: Properties) -> Properties:
    """A declaration without what is mere form."""
    plain = DEFAULTS.get(type_name, {}) | properties
    for key, entry_key, entry_value in (
        ("Tags", "Key", "Value"),
        ("Policies", "PolicyName", "PolicyDocument"),
    ):
        if key in plain:
            plain[key] = {entry[entry_key]: entry[entry_value] for entry in plain[key]}
    if "LoginProfile" in plain:
        # IAM tells nobody the password itself.
        plain["LoginProfile"] = {"PasswordResetRequired": plain["LoginProfile"]["PasswordResetRequired"]}
    if "GenerateSecretString" in plain:
        how = plain["GenerateSecretString"]
        shown = {key: how[key] for key in ("GenerateStringKey", "PasswordLength")}
        plain["GenerateSecretString"] = shown | {"SecretStringTemplate": json.loads(how["SecretStringTemplate"])}
    for key in ("Groups", "ManagedPolicyArns", "SecurityGroupIds"):
        if key in plain:
            plain[key] = set(plain[key])
    if "Code" in plain:
        plain["Code"] = base64.b64encode(hashlib.sha256(zipped(properties)).digest()).decode()
    if "Budget" in plain:
        plain["Budget"] = api_budget(properties)
    if "BucketEncryption" in plain:
        rules = api_encryption(plain["BucketEncryption"])["Rules"]
        for rule in rules:
            # moto keeps nothing of it.
            rule.pop("BlockedEncryptionTypes", None)
        plain["BucketEncryption"] = {"Rules": [{"BucketKeyEnabled": False} | rule for rule in rules]}
    if "LifecycleConfiguration" in plain:
        plain["LifecycleConfiguration"] = [api_rule(rule) for rule in plain["LifecycleConfiguration"]["Rules"]]
    return _without_empty(plain)


def found(cli: AwsCli, type_name: str, properties: Properties) -> Properties:
    """What the account holds under the name of a declared resource."""
    return _without_empty(FINDERS[type_name](cli, properties))


def _bucket(cli: AwsCli, properties: Properties) -> Properties:
    name = properties["BucketName"]

    def get(what: str) -> Properties:
        return cli.ask("s3api", f"get-{what}", "--bucket", name)

    return {
        "BucketName": name,
        "PublicAccessBlockConfiguration": get("public-access-block").get("PublicAccessBlockConfiguration"),
        "OwnershipControls": get("bucket-ownership-controls").get("OwnershipControls"),
        "BucketEncryption": get("bucket-encryption").get("ServerSideEncryptionConfiguration"),
        "VersioningConfiguration": get("bucket-versioning"),
        "LifecycleConfiguration": get("bucket-lifecycle-configuration").get("Rules"),
        "Tags": _tags(get("bucket-tagging").get("TagSet", [])),
    }


def _bucket_policy(cli: AwsCli, properties: Properties) -> Properties:
    answer = cli.ask("s3api", "get-bucket-policy", "--bucket", properties["Bucket"])
    return {"Bucket": properties["Bucket"], "PolicyDocument": json.loads(answer["Policy"])}


def _group(cli: AwsCli, properties: Properties) -> Properties:
    name = properties["GroupName"]
    group = cli.ask("iam", "get-group", "--group-name", name)["Group"]
    return {"GroupName": group["GroupName"], "Path": group["Path"], **_policies(cli, "group", name)}


def _managed_policy(cli: AwsCli, properties: Properties) -> Properties:
    arn = iam_arn("policy", properties.get("Path", "/"), properties["ManagedPolicyName"])
    policy = cli.ask("iam", "get-policy", "--policy-arn", arn)["Policy"]
    version = cli.ask("iam", "get-policy-version", "--policy-arn", arn, "--version-id", policy["DefaultVersionId"])[
        "PolicyVersion"
    ]
    return {
        "ManagedPolicyName": policy["PolicyName"],
        "Path": policy["Path"],
        "Description": policy.get("Description"),
        "PolicyDocument": version["Document"],
    }


def _user(cli: AwsCli, properties: Properties) -> Properties:
    name = properties["UserName"]
    user = cli.ask("iam", "get-user", "--user-name", name)["User"]
    groups = cli.ask("iam", "list-groups-for-user", "--user-name", name)["Groups"]
    signs_in = cli.ask("iam", "get-login-profile", "--user-name", name).get("LoginProfile")
    return {
        "UserName": user["UserName"],
        "Path": user["Path"],
        "PermissionsBoundary": user.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "Groups": {group["GroupName"] for group in groups},
        "LoginProfile": signs_in and {"PasswordResetRequired": signs_in["PasswordResetRequired"]},
        "Tags": _tags(cli.ask("iam", "list-user-tags", "--user-name", name)["Tags"]),
        **_policies(cli, "user", name),
    }


def _role(cli: AwsCli, properties: Properties) -> Properties:
    name = properties["RoleName"]
    role = cli.ask("iam", "get-role", "--role-name", name)["Role"]
    longest = {key: role[key] for key in ("MaxSessionDuration",) if key in properties}
    return {
        "RoleName": role["RoleName"],
        "Path": role["Path"],
        "Description": role.get("Description"),
        "AssumeRolePolicyDocument": role["AssumeRolePolicyDocument"],
        "PermissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "Tags": _tags(cli.ask("iam", "list-role-tags", "--role-name", name)["Tags"]),
        **longest,
        **_policies(cli, "role", name),
    }


def _notebook(cli: AwsCli, properties: Properties) -> Properties:
    name = properties["NotebookInstanceName"]
    notebook = cli.ask("sagemaker", "describe-notebook-instance", "--notebook-instance-name", name)
    tags = cli.ask("sagemaker", "list-tags", "--resource-arn", notebook["NotebookInstanceArn"])["Tags"]
    same = (
        "DirectInternetAccess",
        "InstanceMetadataServiceConfiguration",
        "InstanceType",
        "KmsKeyId",
        "NotebookInstanceName",
        "PlatformIdentifier",
        "RoleArn",
        "RootAccess",
        "SubnetId",
        "VolumeSizeInGB",
    )
    return {
        **{key: notebook.get(key) for key in same},
        "LifecycleConfigName": notebook.get("NotebookInstanceLifecycleConfigName"),
        "SecurityGroupIds": set(notebook.get("SecurityGroups", [])),
        "Tags": _tags(tags),
    }


def _lifecycle_config(cli: AwsCli, properties: Properties) -> Properties:
    name = properties["NotebookInstanceLifecycleConfigName"]
    config = cli.ask(
        "sagemaker",
        "describe-notebook-instance-lifecycle-config",
        "--notebook-instance-lifecycle-config-name",
        name,
    )
    return {key: config.get(key) for key in ("NotebookInstanceLifecycleConfigName", "OnCreate", "OnStart")}


def _secret(cli: AwsCli, properties: Properties) -> Properties:
    name = properties["Name"]
    value = json.loads(cli.ask("secretsmanager", "get-secret-value", "--secret-id", name)["SecretString"])
    key = properties["GenerateSecretString"]["GenerateStringKey"]
    return {
        "Name": name,
        "GenerateSecretString": {
            "GenerateStringKey": key,
            "PasswordLength": len(value.pop(key)),
            "SecretStringTemplate": value,
        },
        "Tags": _tags(cli.ask("secretsmanager", "describe-secret", "--secret-id", name).get("Tags", [])),
    }


def _topic(cli: AwsCli, properties: Properties) -> Properties:
    topics = [topic["TopicArn"] for topic in cli.ask("sns", "list-topics")["Topics"]]
    (arn,) = (arn for arn in topics if arn.endswith(f":{properties['TopicName']}"))
    attributes = cli.ask("sns", "get-topic-attributes", "--topic-arn", arn)["Attributes"]
    return {
        "TopicName": properties["TopicName"],
        "KmsMasterKeyId": attributes.get("KmsMasterKeyId"),
        "Tags": _tags(cli.ask("sns", "list-tags-for-resource", "--resource-arn", arn)["Tags"]),
    }


def _topic_policy(cli: AwsCli, properties: Properties) -> Properties:
    (arn,) = properties["Topics"]
    attributes = cli.ask("sns", "get-topic-attributes", "--topic-arn", arn)["Attributes"]
    return {"Topics": [arn], "PolicyDocument": json.loads(attributes["Policy"])}


def _budget(cli: AwsCli, properties: Properties) -> Properties:
    declared = properties["Budget"]
    which = ("--account-id", ACCOUNT_ID, "--budget-name", declared["BudgetName"])
    budget = cli.ask("budgets", "describe-budget", *which)["Budget"]
    notifications = cli.ask("budgets", "describe-notifications-for-budget", *which)["Notifications"]
    keys = ("NotificationType", "ComparisonOperator", "Threshold")
    told = [{key: notification[key] for key in keys} for notification in notifications]
    # moto tells nobody of a budget's subscribers.
    subscribers = [entry["Subscribers"] for entry in properties["NotificationsWithSubscribers"]]
    return {
        "Budget": {key: budget[key] for key in declared},
        "NotificationsWithSubscribers": [
            {"Notification": one, "Subscribers": to} for one, to in zip(told, subscribers, strict=True)
        ],
    }


def _subscription(cli: AwsCli, properties: Properties) -> Properties:
    answer = cli.ask("sns", "list-subscriptions-by-topic", "--topic-arn", properties["TopicArn"])
    (subscription,) = answer["Subscriptions"]
    return {key: subscription[key] for key in ("TopicArn", "Protocol", "Endpoint")}


def _log_group(cli: AwsCli, properties: Properties) -> Properties:
    name = properties["LogGroupName"]
    (group,) = cli.ask("logs", "describe-log-groups", "--log-group-name-prefix", name)["logGroups"]
    tags = cli.ask("logs", "list-tags-for-resource", "--resource-arn", group["arn"].removesuffix(":*"))["tags"]
    return {"LogGroupName": name, "RetentionInDays": group["retentionInDays"], "Tags": tags}


def _function(cli: AwsCli, properties: Properties) -> Properties:
    answer = cli.ask("lambda", "get-function", "--function-name", properties["FunctionName"])
    configuration = answer["Configuration"]
    same = ("Environment", "FunctionName", "Handler", "MemorySize", "Role", "Runtime", "Timeout")
    return {key: configuration[key] for key in same} | {
        "Code": configuration["CodeSha256"],
        "LoggingConfig": properties["LoggingConfig"],  # moto keeps none.
        "Tags": answer["Tags"],
    }


def _event_invoke_config(cli: AwsCli, properties: Properties) -> Properties:
    name = properties["FunctionName"]
    answer = cli.ask("lambda", "get-function-event-invoke-config", "--function-name", name)
    to = {key: value for key, value in answer["DestinationConfig"].items() if value}
    return {
        "FunctionName": answer["FunctionArn"].split(":")[6],
        "Qualifier": properties["Qualifier"],  # moto's ARN has none.
        "MaximumRetryAttempts": answer["MaximumRetryAttempts"],
        "DestinationConfig": to,
    }


def _schedule(cli: AwsCli, properties: Properties) -> Properties:
    rule = cli.ask("events", "describe-rule", "--name", properties["Name"])
    targets = cli.ask("events", "list-targets-by-rule", "--rule", properties["Name"])["Targets"]
    return {key: rule[key] for key in ("Name", "ScheduleExpression", "State")} | {"Targets": targets}


def _queue(cli: AwsCli, properties: Properties) -> Properties:
    url = cli.ask("sqs", "get-queue-url", "--queue-name", properties["QueueName"])["QueueUrl"]
    attributes = cli.ask("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All")["Attributes"]
    return {
        "QueueName": attributes["QueueArn"].rsplit(":", 1)[1],
        "MessageRetentionPeriod": int(attributes["MessageRetentionPeriod"]),
        "SqsManagedSseEnabled": attributes["SqsManagedSseEnabled"] == "true",
        "Tags": cli.ask("sqs", "list-queue-tags", "--queue-url", url).get("Tags"),
    }


def _queue_policy(cli: AwsCli, properties: Properties) -> Properties:
    (url,) = properties["Queues"]
    attributes = cli.ask("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "Policy")["Attributes"]
    return {"Queues": [url], "PolicyDocument": json.loads(attributes["Policy"])}


def _permission(cli: AwsCli, properties: Properties) -> Properties:
    answer = cli.ask("lambda", "get-policy", "--function-name", properties["FunctionName"])
    (statement,) = json.loads(answer["Policy"])["Statement"]
    return {
        "FunctionName": statement["Resource"].rsplit(":", 1)[1],
        "Action": statement["Action"],
        "Principal": statement["Principal"]["Service"],
        "SourceArn": statement["Condition"]["ArnLike"]["AWS:SourceArn"],
    }


def _policies(cli: AwsCli, kind: str, name: str) -> Properties:
    """The managed and inline policies of a `user`, `role` or `group`."""
    who = (f"--{kind}-name", name)
    attached = cli.ask("iam", f"list-attached-{kind}-policies", *who)["AttachedPolicies"]
    inline = cli.ask("iam", f"list-{kind}-policies", *who)["PolicyNames"]
    return {
        "ManagedPolicyArns": {policy["PolicyArn"] for policy in attached},
        "Policies": {
            policy: cli.ask("iam", f"get-{kind}-policy", *who, "--policy-name", policy)["PolicyDocument"]
            for policy in inline
        },
    }


def _tags(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _without_empty(properties: Properties) -> Properties:
    empty: tuple[Any, ...] = (None, {}, [], set())
    return {key: value for key, value in properties.items() if value not in empty}


FINDERS: dict[str, Callable[[AwsCli, Properties], Properties]] = {
    "AWS::Budgets::Budget": _budget,
    "AWS::Events::Rule": _schedule,
    "AWS::IAM::Group": _group,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::IAM::Role": _role,
    "AWS::IAM::User": _user,
    "AWS::Lambda::EventInvokeConfig": _event_invoke_config,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::Permission": _permission,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::Topic": _topic,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SQS::Queue": _queue,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::SageMaker::NotebookInstance": _notebook,
    "AWS::SageMaker::NotebookInstanceLifecycleConfig": _lifecycle_config,
    "AWS::SecretsManager::Secret": _secret,
}
