// Reads secrets with Dapr's JavaScript SDK over HTTP and, if there is a port for it, gRPC; its own
// environment variables say where.
const assert = require("node:assert");
const { CommunicationProtocolEnum, DaprClient } = require("@dapr/dapr");

async function read(communicationProtocol, daprPort) {
  const client = new DaprClient({ daprHost: "127.0.0.1", daprPort, communicationProtocol });
  const secret = await client.secret.get("tencent", "api-token");
  assert.deepStrictEqual({ ...secret }, { "api-token": "sample-token-4f1c" });
  if (communicationProtocol === CommunicationProtocolEnum.HTTP) {
    const old = await client.secret.get("tencent", "db-password", "metadata.version_id=v1");
    assert.deepStrictEqual(old, { "db-password": "sample-password-old" });
  }
  const secrets = await client.secret.getBulk("tencent");
  assert.strictEqual(Object.keys(secrets).length, 4);
  await assert.rejects(client.secret.get("tencent", "no-such"), /not-found/);
  await client.stop();
}

async function main() {
  await read(CommunicationProtocolEnum.HTTP, process.env.DAPR_HTTP_PORT);
  if (process.env.DAPR_GRPC_PORT) {
    await read(CommunicationProtocolEnum.GRPC, process.env.DAPR_GRPC_PORT);
  }
  console.log("ok");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
