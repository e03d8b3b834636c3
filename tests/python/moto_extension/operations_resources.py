"""What an operations stack is made of: SNS topics, a log group, a function, and the schedule that runs it."""

import io
import zipfile

from .clients import Clients
from .resource_type import Properties, ResourceType, as_json, gone, tags_gone


def _tag_map(properties: Properties) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}


def _create_topic(clients: Clients, properties: Properties) -> str:
    return clients.sns.create_topic(Name=properties["TopicName"])["TopicArn"]


def _update_topic(clients: Clients, arn: str, old: Properties, new: Properties) -> None:
    key = new.get("KmsMasterKeyId", "")
    if key != old.get("KmsMasterKeyId", ""):
        clients.sns.set_topic_attributes(TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue=key)
    removed = tags_gone(old, new)
    if removed:
        clients.sns.untag_resource(ResourceArn=arn, TagKeys=removed)
    if gone(new.get("Tags", []), old.get("Tags", [])):
        clients.sns.tag_resource(ResourceArn=arn, Tags=new["Tags"])


def _set_topic_policy(clients: Clients, _id: str, _old: Properties, new: Properties) -> None:
    for arn in new["Topics"]:
        policy = as_json(new["PolicyDocument"])
        clients.sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)


def _create_subscription(clients: Clients, properties: Properties) -> str:
    chosen = {key: properties[key] for key in ("TopicArn", "Protocol", "Endpoint")}
    return clients.sns.subscribe(**chosen, ReturnSubscriptionArn=True)["SubscriptionArn"]


def _create_log_group(clients: Clients, properties: Properties) -> str:
    clients.logs.create_log_group(logGroupName=properties["LogGroupName"], tags=_tag_map(properties))
    return properties["LogGroupName"]


def _update_log_group(clients: Clients, name: str, _old: Properties, new: Properties) -> None:
    clients.logs.put_retention_policy(logGroupName=name, retentionInDays=new["RetentionInDays"])


def _log_group_arn(clients: Clients, name: str) -> str:
    return clients.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]["arn"]


def _configuration(properties: Properties) -> Properties:
    keys = ("FunctionName", "Runtime", "Handler", "MemorySize", "Timeout", "Role", "LoggingConfig", "Environment")
    return {key: properties[key] for key in keys if key in properties}


def zipped(properties: Properties) -> bytes:
    """The code of a function as CloudFormation packs it; always the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr(zipfile.ZipInfo("index.py"), properties["Code"]["ZipFile"])
    return buffer.getvalue()


def _create_function(clients: Clients, properties: Properties) -> str:
    clients.awslambda.create_function(
        **_configuration(properties), Code={"ZipFile": zipped(properties)}, Tags=_tag_map(properties)
    )
    return properties["FunctionName"]


def _update_function(clients: Clients, name: str, old: Properties, new: Properties) -> None:
    if not old:
        return
    if old["Code"] != new["Code"]:
        clients.awslambda.update_function_code(FunctionName=name, ZipFile=zipped(new))
    if _configuration(old) != _configuration(new):
        clients.awslambda.update_function_configuration(**_configuration(new))
    arn = _function_arn(clients, name)
    removed = tags_gone(old, new)
    if removed:
        clients.awslambda.untag_resource(Resource=arn, TagKeys=removed)
    clients.awslambda.tag_resource(Resource=arn, Tags=_tag_map(new))


def _function_arn(clients: Clients, name: str) -> str:
    return clients.awslambda.get_function_configuration(FunctionName=name)["FunctionArn"]


def _put_event_invoke_config(clients: Clients, _id: str, _old: Properties, new: Properties) -> None:
    clients.awslambda.put_function_event_invoke_config(**new)


def _put_rule(clients: Clients, name: str, old: Properties, new: Properties) -> None:
    chosen = {key: new[key] for key in ("Name", "ScheduleExpression", "State") if key in new}
    clients.events.put_rule(**chosen)
    left = gone(old.get("Targets", []), new["Targets"])
    if left:
        clients.events.remove_targets(Rule=name, Ids=[target["Id"] for target in left])
    clients.events.put_targets(Rule=name, Targets=new["Targets"])


def _queue_attributes(properties: Properties) -> dict[str, str]:
    keys = ("MessageRetentionPeriod", "SqsManagedSseEnabled")
    return {key: str(properties[key]).lower() for key in keys if key in properties}


def _create_queue(clients: Clients, properties: Properties) -> str:
    return clients.sqs.create_queue(QueueName=properties["QueueName"])["QueueUrl"]


def _update_queue(clients: Clients, url: str, old: Properties, new: Properties) -> None:
    clients.sqs.set_queue_attributes(QueueUrl=url, Attributes=_queue_attributes(new))
    removed = tags_gone(old, new)
    if removed:
        clients.sqs.untag_queue(QueueUrl=url, TagKeys=removed)
    clients.sqs.tag_queue(QueueUrl=url, Tags=_tag_map(new))


def _queue_arn(clients: Clients, url: str) -> str:
    return clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _set_queue_policy(clients: Clients, _id: str, _old: Properties, new: Properties) -> None:
    for url in new["Queues"]:
        clients.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": as_json(new["PolicyDocument"])})


def _delete_rule(clients: Clients, name: str, properties: Properties) -> None:
    clients.events.remove_targets(Rule=name, Ids=[target["Id"] for target in properties["Targets"]])
    clients.events.delete_rule(Name=name)


def _create_permission(clients: Clients, properties: Properties) -> str:
    identity = f"racestack-{properties['Principal'].replace('.', '-')}"
    clients.awslambda.add_permission(**properties, StatementId=identity)
    return identity


def _nothing(*_: object) -> None:
    """Every property of such a resource is create-only."""


TOPIC = ResourceType(
    name="AWS::SNS::Topic",
    name_property="TopicName",
    properties=frozenset({"KmsMasterKeyId", "Tags", "TopicName"}),
    create=_create_topic,
    update=_update_topic,
    delete=lambda clients, arn, _: clients.sns.delete_topic(TopicArn=arn),
    attributes=lambda _, arn: {"TopicArn": arn, "TopicName": arn.rsplit(":", 1)[1]},
)

TOPIC_POLICY = ResourceType(
    name="AWS::SNS::TopicPolicy",
    properties=frozenset({"PolicyDocument", "Topics"}),
    create=lambda _, properties: f"policy-of-{properties['Topics'][0]}",
    update=_set_topic_policy,
    delete=_nothing,  # The topic goes with it.
    attributes=lambda *_: {},
)

SUBSCRIPTION = ResourceType(
    name="AWS::SNS::Subscription",
    properties=frozenset({"Endpoint", "Protocol", "TopicArn"}),
    create=_create_subscription,
    update=_nothing,
    delete=lambda clients, arn, _: clients.sns.unsubscribe(SubscriptionArn=arn),
    attributes=lambda _, arn: {"Arn": arn},
)

LOG_GROUP = ResourceType(
    name="AWS::Logs::LogGroup",
    name_property="LogGroupName",
    properties=frozenset({"LogGroupName", "RetentionInDays", "Tags"}),
    create=_create_log_group,
    update=_update_log_group,
    delete=lambda clients, name, _: clients.logs.delete_log_group(logGroupName=name),
    attributes=lambda clients, name: {"Arn": _log_group_arn(clients, name)},
)

FUNCTION = ResourceType(
    name="AWS::Lambda::Function",
    name_property="FunctionName",
    properties=frozenset(
        {
            "Code",
            "Environment",
            "FunctionName",
            "Handler",
            "LoggingConfig",
            "MemorySize",
            "Role",
            "Runtime",
            "Tags",
            "Timeout",
        }
    ),
    create=_create_function,
    update=_update_function,
    delete=lambda clients, name, _: clients.awslambda.delete_function(FunctionName=name),
    attributes=lambda clients, name: {"Arn": _function_arn(clients, name)},
)

EVENT_INVOKE_CONFIG = ResourceType(
    name="AWS::Lambda::EventInvokeConfig",
    properties=frozenset({"DestinationConfig", "FunctionName", "MaximumRetryAttempts", "Qualifier"}),
    create=lambda _, properties: f"{properties['FunctionName']}|{properties['Qualifier']}",
    update=_put_event_invoke_config,
    delete=lambda clients, _, properties: clients.awslambda.delete_function_event_invoke_config(
        FunctionName=properties["FunctionName"], Qualifier=properties["Qualifier"]
    ),
    attributes=lambda *_: {},
)

QUEUE = ResourceType(
    name="AWS::SQS::Queue",
    name_property="QueueName",
    properties=frozenset({"MessageRetentionPeriod", "QueueName", "SqsManagedSseEnabled", "Tags"}),
    create=_create_queue,
    update=_update_queue,
    delete=lambda clients, url, _: clients.sqs.delete_queue(QueueUrl=url),
    attributes=lambda clients, url: {"Arn": _queue_arn(clients, url), "QueueName": url.rsplit("/", 1)[1]},
)

QUEUE_POLICY = ResourceType(
    name="AWS::SQS::QueuePolicy",
    properties=frozenset({"PolicyDocument", "Queues"}),
    create=lambda _, properties: f"policy-of-{properties['Queues'][0]}",
    update=_set_queue_policy,
    delete=_nothing,  # The queue goes with it.
    attributes=lambda *_: {},
)

SCHEDULE = ResourceType(
    name="AWS::Events::Rule",
    name_property="Name",
    properties=frozenset({"Name", "ScheduleExpression", "State", "Targets"}),
    create=lambda _, properties: properties["Name"],
    update=_put_rule,
    delete=_delete_rule,
    attributes=lambda clients, name: {"Arn": clients.events.describe_rule(Name=name)["Arn"]},
)

PERMISSION = ResourceType(
    name="AWS::Lambda::Permission",
    properties=frozenset({"Action", "FunctionName", "Principal", "SourceArn"}),
    create=_create_permission,
    update=_nothing,
    delete=lambda clients, identity, properties: clients.awslambda.remove_permission(
        FunctionName=properties["FunctionName"], StatementId=identity
    ),
    attributes=lambda *_: {},
)
