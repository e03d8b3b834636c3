"""Every resource type that stacks can have in these tests."""

from .budgets_resources import BUDGET
from .iam_resources import GROUP, MANAGED_POLICY, ROLE, USER
from .operations_resources import (
    EVENT_INVOKE_CONFIG,
    FUNCTION,
    LOG_GROUP,
    PERMISSION,
    QUEUE,
    QUEUE_POLICY,
    SCHEDULE,
    SUBSCRIPTION,
    TOPIC,
    TOPIC_POLICY,
)
from .resource_type import ResourceType
from .s3_resources import BUCKET, BUCKET_POLICY
from .sagemaker_resources import LIFECYCLE_CONFIG, NOTEBOOK
from .secrets_resources import SECRET

RESOURCE_TYPES: dict[str, ResourceType] = {
    resource_type.name: resource_type
    for resource_type in (
        BUCKET,
        BUCKET_POLICY,
        GROUP,
        MANAGED_POLICY,
        USER,
        ROLE,
        NOTEBOOK,
        LIFECYCLE_CONFIG,
        SECRET,
        TOPIC,
        SUBSCRIPTION,
        LOG_GROUP,
        FUNCTION,
        EVENT_INVOKE_CONFIG,
        SCHEDULE,
        PERMISSION,
        TOPIC_POLICY,
        QUEUE,
        QUEUE_POLICY,
        BUDGET,
    )
}
