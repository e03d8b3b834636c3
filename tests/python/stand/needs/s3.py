"""S3: which actions an operation needs.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote

from moto.s3.models import s3_backends

from ..callers import PARTITION, Caller, account_id
from .need import Context, Mapping, Need, Parameters, without_resource

# Operations upon a bucket whose action has another name.
BUCKET_ACTIONS = {
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "CreateBucket": "CreateBucket",
    "DeleteBucket": "DeleteBucket",
    "DeleteBucketPolicy": "DeleteBucketPolicy",
    "GetBucketAcl": "GetBucketAcl",
    "GetBucketLocation": "GetBucketLocation",
    "GetBucketPolicy": "GetBucketPolicy",
    "GetBucketTagging": "GetBucketTagging",
    "GetBucketVersioning": "GetBucketVersioning",
    "PutBucketAcl": "PutBucketAcl",
    "PutBucketPolicy": "PutBucketPolicy",
    "PutBucketTagging": "PutBucketTagging",
    "PutBucketVersioning": "PutBucketVersioning",
}
# Those with which AWS sends what is listed. Of the list of uploads it does not.
LISTS = {"ListBucket", "ListBucketVersions"}
# Operations upon an object whose action is another where a version is named.
VERSIONED = {
    "GetObject": ("GetObject", "GetObjectVersion"),
    "HeadObject": ("GetObject", "GetObjectVersion"),
    "DeleteObject": ("DeleteObject", "DeleteObjectVersion"),
    "GetObjectTagging": ("GetObjectTagging", "GetObjectVersionTagging"),
    "PutObjectTagging": ("PutObjectTagging", "PutObjectVersionTagging"),
    "DeleteObjectTagging": ("DeleteObjectTagging", "DeleteObjectVersionTagging"),
    "GetObjectAcl": ("GetObjectAcl", "GetObjectVersionAcl"),
    "PutObjectAcl": ("PutObjectAcl", "PutObjectVersionAcl"),
}
# Those upon an object that knows no versions.
UPLOADS = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "ListParts": "ListMultipartUploadParts",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
}
# Parameters of a new object that need an action of their own.
EXTRAS = {
    "Tagging": "PutObjectTagging",
    "ACL": "PutObjectAcl",
    "ObjectLockMode": "PutObjectRetention",
    "ObjectLockLegalHoldStatus": "PutObjectLegalHold",
}
# Parameters of a new object that AWS sends as condition keys.
KEYS = {
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
    "SSEKMSKeyId": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "StorageClass": "s3:x-amz-storage-class",
    "MetadataDirective": "s3:x-amz-metadata-directive",
    "ACL": "s3:x-amz-acl",
}


def bucket_arn(bucket: str) -> str:
    """The ARN of a bucket."""
    return f"arn:{PARTITION}:s3:::{bucket}"


def can_list_anything(bucket: str) -> Need:
    """What S3 asks before it says of an object that it does not exist: without this it answers that access is denied.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    return _need("ListBucket", bucket)


def _need(action: str, bucket: str, key: str | None = None, context: Context | None = None) -> Need:
    resource = bucket_arn(bucket) if key is None else f"{bucket_arn(bucket)}/{key}"
    return Need(f"s3:{action}", resource, context or {}, _policy(bucket))


def _policy(bucket: str) -> dict[str, Any] | None:
    held = s3_backends[account_id()][PARTITION].buckets.get(bucket)
    return json.loads(held.policy) if held is not None and held.policy else None


def _upon_bucket(operation: str) -> Mapping:
    def needs(parameters: Parameters, _caller: Caller) -> list[Need]:
        action = BUCKET_ACTIONS[operation]
        context: Context = {}
        if action in LISTS:
            for key in ("Prefix", "Delimiter"):
                if key in parameters:
                    context[f"s3:{key.lower()}"] = parameters[key]
            if "MaxKeys" in parameters:
                context["s3:max-keys"] = str(parameters["MaxKeys"])
        return [_need(action, parameters["Bucket"], context=context)]

    return needs


def _upon_version(operation: str) -> Mapping:
    current, versioned = VERSIONED[operation]

    def needs(parameters: Parameters, _caller: Caller) -> list[Need]:
        bucket, key = parameters["Bucket"], parameters["Key"]
        found = [_of_version(current, versioned, bucket, key, parameters.get("VersionId"))]
        if operation == "PutObjectTagging":
            tags = {tag["Key"]: tag["Value"] for tag in parameters["Tagging"]["TagSet"]}
            found = [replace(need, context=need.context | _object_tags(tags)) for need in found]
        return found

    return needs


def _of_version(current: str, versioned: str, bucket: str, key: str, version: str | None) -> Need:
    if version is None:
        return _need(current, bucket, key)
    return _need(versioned, bucket, key, {"s3:versionid": version})


def _object_tags(tags: dict[str, str]) -> Context:
    named: Context = {f"s3:RequestObjectTag/{key}": value for key, value in tags.items()}
    return named | {"s3:RequestObjectTagKeys": list(tags)} if tags else {}


def _upon_upload(operation: str) -> Mapping:
    return lambda parameters, _caller: [_need(UPLOADS[operation], parameters["Bucket"], parameters["Key"])]


def _new_object(parameters: Parameters, _caller: Caller) -> list[Need]:
    bucket, key = parameters["Bucket"], parameters["Key"]
    tags = _object_tags(dict(parse_qsl(parameters.get("Tagging", ""), keep_blank_values=True)))
    context: Context = {name: parameters[parameter] for parameter, name in KEYS.items() if parameter in parameters}
    found = [_need("PutObject", bucket, key, context | tags)]
    for parameter, action in EXTRAS.items():
        if parameter in parameters:
            its_own = {"Tagging": tags, "ACL": {"s3:x-amz-acl": parameters.get("ACL", "")}}.get(parameter, {})
            found.append(_need(action, bucket, key, its_own))
    return found


def _source(parameters: Parameters) -> tuple[str, str, str | None]:
    """The bucket, the key and the version that an object is copied from."""
    path, _, query = parameters["CopySource"].partition("?")
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    return bucket, key, parse_qs(query).get("versionId", [None])[0]


def _copy(parameters: Parameters, caller: Caller) -> list[Need]:
    bucket, key, version = _source(parameters)
    found = [_of_version("GetObject", "GetObjectVersion", bucket, key, version)]
    tags = _tags_of_object(bucket, key, version)
    if tags and parameters.get("TaggingDirective", "COPY") == "COPY":
        # The tags are read and written, too.
        found.append(_of_version("GetObjectTagging", "GetObjectVersionTagging", bucket, key, version))
        found.append(_need("PutObjectTagging", parameters["Bucket"], parameters["Key"], _object_tags(tags)))
    source = {"s3:x-amz-copy-source": f"{bucket}/{key}"}
    for need in _new_object(parameters, caller):
        more = source if need.action == "s3:PutObject" else {}
        found.append(replace(need, context=need.context | more))
    return found


def _copy_part(parameters: Parameters, _caller: Caller) -> list[Need]:
    bucket, key, version = _source(parameters)
    source = {"s3:x-amz-copy-source": f"{bucket}/{key}"}
    return [
        _of_version("GetObject", "GetObjectVersion", bucket, key, version),
        _need("PutObject", parameters["Bucket"], parameters["Key"], source),
    ]


def _tags_of_object(bucket: str, key: str, version: str | None) -> dict[str, str]:
    backend = s3_backends[account_id()][PARTITION]
    if bucket not in backend.buckets or (held := backend.get_object(bucket, key, version)) is None:
        return {}
    return backend.tagger.get_tag_dict_for_resource(held.arn)


def _delete_many(parameters: Parameters, _caller: Caller) -> list[Need]:
    bucket = parameters["Bucket"]
    return [
        _of_version("DeleteObject", "DeleteObjectVersion", bucket, named["Key"], named.get("VersionId"))
        for named in parameters["Delete"]["Objects"]
    ]


OPERATIONS: dict[str, Mapping] = {
    "ListBuckets": without_resource("s3", "ListAllMyBuckets")["ListAllMyBuckets"],
    **{operation: _upon_bucket(operation) for operation in BUCKET_ACTIONS},
    **{operation: _upon_version(operation) for operation in VERSIONED},
    **{operation: _upon_upload(operation) for operation in UPLOADS},
    "PutObject": _new_object,
    "CreateMultipartUpload": _new_object,
    "CopyObject": _copy,
    "UploadPartCopy": _copy_part,
    "DeleteObjects": _delete_many,
}
