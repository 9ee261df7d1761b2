"""Reads from the emulator with the official Python SDK, unchanged.

Usage: sdk.py HOST:PORT SECRET_ID SECRET_KEY. Expects the emulator's sample secrets. Prints "ok".
"""

import json
import sys

from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.ssm.v20190923 import models, ssm_client

address, secret_id, secret_key = sys.argv[1:]


def client(key=secret_key, region="ap-guangzhou"):
    profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=address))
    return ssm_client.SsmClient(credential.Credential(secret_id, key), region, profile)


def request(kind, **fields):
    asked = kind()
    asked.from_json_string(json.dumps(fields))
    return asked


def value(name, version, of=None):
    asked = request(models.GetSecretValueRequest, SecretName=name, VersionId=version)
    return (of or client()).GetSecretValue(asked)


def code(call):
    try:
        call()
    except TencentCloudSDKException as error:
        assert error.get_request_id(), error
        return error.get_code()
    raise AssertionError("no error")


text = value("db-password", "v1")
assert (text.SecretName, text.VersionId) == ("db-password", "v1"), text
assert (text.SecretString, text.SecretBinary) == ("sample-password-old", ""), text
assert text.RequestId
binary = value("tls-key", "v1")
assert (binary.SecretString, binary.SecretBinary) == ("", "c2FtcGxlIGJ5dGVzAAH/"), binary

page = client().ListSecrets(request(models.ListSecretsRequest, Offset=0, Limit=2, State=1, OrderType=1))
assert page.TotalCount == 4, page
assert [item.SecretName for item in page.SecretMetadatas] == ["api-token", "db-password"], page
versions = client().ListSecretVersionIds(
    request(models.ListSecretVersionIdsRequest, SecretName="db-password")
)
assert [version.VersionId for version in versions.Versions] == ["v2", "v1"], versions
described = client().DescribeSecret(request(models.DescribeSecretRequest, SecretName="retired"))
assert described.Status == "Disabled" and described.RotationStatus is False, described
assert client().GetServiceStatus(models.GetServiceStatusRequest()).ServiceEnabled is True
assert "ap-guangzhou" in client().GetRegions(models.GetRegionsRequest()).Regions

assert code(lambda: value("no-such", "v1")) == "ResourceNotFound.SecretNotExist"
assert code(lambda: value("db-password", "v9")) == "ResourceNotFound"
assert code(lambda: value("retired", "v1")) == "ResourceUnavailable.ResourceDisabled"
assert code(lambda: value("db-password", "v1", client(key="wrong"))) == "AuthFailure.SignatureFailure"
assert code(lambda: value("db-password", "v1", client(region="eu-nowhere"))) == "UnsupportedRegion"
print("ok")
