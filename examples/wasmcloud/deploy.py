"""Does what wasmCloud's operator does with WorkloadDeployments, without Kubernetes:

    deploy.py NATS-URL MANIFEST.yaml …

It waits for a host to announce itself on NATS, which hosts do every 15 seconds, and sends it each
manifest's workload. Values of Kubernetes secrets are taken from this program's environment.
"""

import asyncio
import json
import os
import sys
import uuid

import nats
import yaml

# The keys in each Kubernetes secret, as the README creates it.
SECRETS = {"tencentcloud-ssm": ["TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"]}


def resources(given):
    """A component's, as a host gets them: one flat environment, with the values of secrets in it."""
    environment = dict(given["environment"].get("config", {}))
    for secret in given["environment"].get("secretFrom", []):
        environment |= {key: os.environ[key] for key in SECRETS[secret["name"]]}
    return {**given, "environment": environment}


def start_request(manifest):
    spec = manifest["spec"]["template"]["spec"]
    components = [
        {**component, "localResources": resources(component["localResources"])}
        for component in spec["components"]
    ]
    workload = {
        "namespace": "default",
        "name": manifest["metadata"]["name"],
        "witWorld": {"components": components, "hostInterfaces": spec["hostInterfaces"]},
    }
    # In Kubernetes it is the UID of the Workload.
    return {"workloadId": str(uuid.uuid4()), "workload": workload}


async def deploy(url, manifests):
    client = await nats.connect(url)
    heartbeats = await client.subscribe("runtime.operator.heartbeat.*")
    host = (await heartbeats.next_msg(timeout=60)).subject.rsplit(".", 1)[-1]

    async def ask(command, body):
        subject = f"runtime.host.{host}.workload.{command}"
        reply = await client.request(subject, json.dumps(body).encode(), timeout=30)
        return json.loads(reply.data)["workloadStatus"]

    for manifest in manifests:
        request = start_request(manifest)
        status = await ask("start", request)
        while status["workloadState"] == "WORKLOAD_STATE_STARTING":
            await asyncio.sleep(0.1)
            status = await ask("status", {"workloadId": request["workloadId"]})
        print(f"{status['workloadState']}: {status.get('message', '')}")
        if status["workloadState"] != "WORKLOAD_STATE_RUNNING":
            sys.exit(1)
    await client.close()


def read(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


asyncio.run(deploy(sys.argv[1], [read(path) for path in sys.argv[2:]]))
