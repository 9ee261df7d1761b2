"""Reads secrets with Dapr's Python SDK; its own environment variables say where."""

import grpc
from dapr.clients import DaprClient

with DaprClient() as dapr:
    old = dapr.get_secret("tencent", "db-password", secret_metadata={"version_id": "v1"})
    assert old.secret == {"db-password": "sample-password-old"}, old.secret
    secrets = dapr.get_bulk_secret("tencent").secrets
    assert len(secrets) == 4, secrets.keys()
    assert secrets["api-token"] == {"api-token": "sample-token-4f1c"}
    assert [store.name for store in dapr.get_metadata().registered_components] == ["tencent"]
    try:
        dapr.get_secret("tencent", "no-such")
        raise SystemExit("a secret that is not there was read")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.INTERNAL, error
        assert "not-found" in error.details(), error
print("ok")
