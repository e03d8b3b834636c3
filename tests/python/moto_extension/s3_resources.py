"""AWS::S3::Bucket and AWS::S3::BucketPolicy, through S3's API.

moto's own bucket type knows versioning, encryption and a few more, but neither the public access block, ownership
controls nor lifecycle rules; it has no bucket policy.
"""

from typing import Any

from .clients import Clients
from .resource_type import Properties, ResourceType, as_json

# The keys of a lifecycle rule that S3's API spells as the template does.
SAME_IN_RULES = {"Status", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"}


def _create_bucket(clients: Clients, properties: Properties) -> str:
    name = properties["BucketName"]
    elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": clients.region}}
    clients.s3.create_bucket(Bucket=name, **({} if clients.region == "us-east-1" else elsewhere))
    return name


def _update_bucket(clients: Clients, name: str, old: Properties, new: Properties) -> None:
    def settle(key: str, put: Any, remove: Any) -> None:
        if key in new and old.get(key) != new[key]:
            put(new[key])
        elif key in old and key not in new:
            remove()

    s3 = clients.s3
    settle(
        "PublicAccessBlockConfiguration",
        lambda block: s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block),
        lambda: s3.delete_public_access_block(Bucket=name),
    )
    settle(
        "OwnershipControls",
        lambda controls: s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=controls),
        lambda: s3.delete_bucket_ownership_controls(Bucket=name),
    )
    settle(
        "BucketEncryption",
        lambda encryption: s3.put_bucket_encryption(
            Bucket=name, ServerSideEncryptionConfiguration=api_encryption(encryption)
        ),
        lambda: s3.delete_bucket_encryption(Bucket=name),
    )
    settle(
        "VersioningConfiguration",
        lambda versioning: s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=versioning),
        lambda: s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"}),
    )
    settle(
        "LifecycleConfiguration",
        lambda lifecycle: s3.put_bucket_lifecycle_configuration(
            Bucket=name, LifecycleConfiguration={"Rules": [api_rule(rule) for rule in lifecycle["Rules"]]}
        ),
        lambda: s3.delete_bucket_lifecycle(Bucket=name),
    )
    settle(
        "Tags",
        lambda tags: s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags}),
        lambda: s3.delete_bucket_tagging(Bucket=name),
    )


def api_encryption(encryption: Properties) -> Properties:
    """A template's encryption in the words of S3's API."""
    words = {
        "BlockedEncryptionTypes": "BlockedEncryptionTypes",
        "ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault",
        "BucketKeyEnabled": "BucketKeyEnabled",
    }
    rules = encryption["ServerSideEncryptionConfiguration"]
    return {"Rules": [{words[key]: value for key, value in rule.items()} for rule in rules]}


def api_rule(rule: Properties) -> Properties:
    """A template's lifecycle rule in the words of S3's API."""
    made: Properties = {"Filter": {"Prefix": rule["Prefix"]} if "Prefix" in rule else {}}
    for key, value in rule.items():
        if key in SAME_IN_RULES:
            made[key] = value
        elif key == "Id":
            made["ID"] = value
        elif key == "ExpiredObjectDeleteMarker":
            made.setdefault("Expiration", {})["ExpiredObjectDeleteMarker"] = value
        elif key == "ExpirationInDays":
            made.setdefault("Expiration", {})["Days"] = value
        elif key != "Prefix":
            raise ValueError(f"the moto extension does not cover {key} of a lifecycle rule")
    return made


def _bucket_attributes(clients: Clients, name: str) -> dict[str, str]:
    return {
        "Arn": f"arn:aws:s3:::{name}",
        "DomainName": f"{name}.s3.amazonaws.com",
        "RegionalDomainName": f"{name}.s3.{clients.region}.amazonaws.com",
    }


def _create_bucket_policy(clients: Clients, properties: Properties) -> str:
    clients.s3.head_bucket(Bucket=properties["Bucket"])
    return properties["Bucket"]


def _update_bucket_policy(clients: Clients, name: str, _old: Properties, new: Properties) -> None:
    clients.s3.put_bucket_policy(Bucket=name, Policy=as_json(new["PolicyDocument"]))


BUCKET = ResourceType(
    name="AWS::S3::Bucket",
    name_property="BucketName",
    properties=frozenset(
        {
            "BucketName",
            "BucketEncryption",
            "LifecycleConfiguration",
            "OwnershipControls",
            "PublicAccessBlockConfiguration",
            "Tags",
            "VersioningConfiguration",
        }
    ),
    create=_create_bucket,
    update=_update_bucket,
    delete=lambda clients, name, _: clients.s3.delete_bucket(Bucket=name),
    attributes=_bucket_attributes,
)

BUCKET_POLICY = ResourceType(
    name="AWS::S3::BucketPolicy",
    properties=frozenset({"Bucket", "PolicyDocument"}),
    create=_create_bucket_policy,
    update=_update_bucket_policy,
    delete=lambda clients, name, _: clients.s3.delete_bucket_policy(Bucket=name),
    attributes=lambda _clients, _name: {},
)
