"""STS: which actions an operation needs.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
"""

import json

from ..callers import Caller, iam
from .need import Mapping, Need, Parameters


def _nothing(_parameters: Parameters, _caller: Caller) -> list[Need]:
    """No permissions are required, and no policy can deny these.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html
    """
    return []


def _assume_role(parameters: Parameters, _caller: Caller) -> list[Need]:
    arn = parameters["RoleArn"]
    trusts = [json.loads(role.assume_role_policy_document) for role in iam().roles.values() if role.arn == arn]
    # A role that does not exist trusts nobody.
    trust = trusts[0] if trusts else {"Version": "2012-10-17", "Statement": []}
    return [Need("sts:AssumeRole", arn, {"sts:RoleSessionName": parameters["RoleSessionName"]}, trust)]


OPERATIONS: dict[str, Mapping] = {
    "GetCallerIdentity": _nothing,
    "GetSessionToken": _nothing,
    "AssumeRole": _assume_role,
}
