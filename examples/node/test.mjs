// Reads from an emulator that takes its time; the environment variables TENCENTCLOUD_… say where.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openStore, SecretStoreError } from "./store.mjs";

/** A component that traps on request: what jco makes looks the same from outside. */
const TRAPS = `data:text/javascript,
  let suffix = "not initialised", calls = 0;
  export const store = {
    init(properties) { suffix = properties[0][1]; },
    features() { return []; },
    get(name) {
      calls += 1;
      if (name === "trap") throw new WebAssembly.RuntimeError("unreachable");
      if (name === "exit") process.exit(0);
      if (name === "loop") for (;;);
      return { name, data: [[name, suffix + calls]], versionId: "", requestId: "" };
    },
  };`;

const ended = (kind, message) => (error) => {
  assert.ok(error instanceof SecretStoreError);
  assert.equal(error.kind, kind);
  assert.match(error.message, message);
  return true;
};

let store;
before(async () => {
  store = await openStore();
});
after(() => store.close());

test("reads a value and a version", async () => {
  const token = await store.get("api-token");
  assert.deepEqual(token.data, { "api-token": "sample-token-4f1c" });
  assert.equal(token.versionId, "SSM_Current");
  assert.ok(token.requestId);
  const old = await store.get("db-password", { versionId: "v1" });
  assert.deepEqual(old.data, { "db-password": "sample-password-old" });
});

test("an error says its kind and the request", async () => {
  await assert.rejects(store.get("no-such"), (error) => {
    assert.ok(error instanceof SecretStoreError);
    assert.equal(error.name, "SecretStoreError");
    assert.equal(error.kind, "not-found");
    assert.equal(error.code, "ResourceNotFound.SecretNotExist");
    assert.ok(error.requestId);
    assert.equal(error.retryable, false);
    return true;
  });
  await store.ping();
});

test("the event loop runs while a read waits", async () => {
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 10);
  const began = Date.now();
  await store.get("api-token");
  const waited = Date.now() - began;
  clearInterval(timer);
  assert.ok(waited >= 200, `start the emulator with --latency 300ms: ${waited} ms prove nothing`);
  assert.ok(ticks >= 5, `${ticks} ticks in ${waited} ms`);
});

test("calls made at once get the answers that are theirs", async () => {
  const reads = [
    store.get("api-token"),
    store.get("db-password", { versionId: "v1" }),
    store.get("no-such").catch((error) => error),
    store.get("db-password"),
    store.bulkGet({ names: ["db-password", "api-token"] }),
  ];
  const [token, old, none, current, bulk] = await Promise.all(reads);
  assert.equal(token.data["api-token"], "sample-token-4f1c");
  assert.equal(old.data["db-password"], "sample-password-old");
  assert.equal(none.kind, "not-found");
  assert.equal(current.data["db-password"], "sample-password-new");
  assert.deepEqual(bulk.map(({ name }) => name), ["api-token", "db-password"]);
});

test("a bulk read of no names reads nothing, and one of all reads all", async () => {
  assert.deepEqual(await store.bulkGet({ names: [] }), []);
  await assert.rejects(store.bulkGet({ names: [""] }), ended("invalid-request", /names/));
  await assert.rejects(store.bulkGet({ names: ["a,b"] }), ended("invalid-request", /names/));
  assert.ok((await store.bulkGet()).length > 2);
});

test("properties take the place of the environment", async () => {
  await assert.rejects(openStore({}), ended("invalid-config", /region/));
  const own = await openStore({
    region: process.env.TENCENTCLOUD_REGION,
    secretId: process.env.TENCENTCLOUD_SECRET_ID,
    secretKey: process.env.TENCENTCLOUD_SECRET_KEY,
    endpoint: process.env.TENCENTCLOUD_SSM_ENDPOINT,
    versionId: "v1",
    multipleKeyValuesPerSecret: "true",
  });
  assert.deepEqual(await own.features(), ["MULTIPLE_KEY_VALUES_PER_SECRET"]);
  const { data } = await own.get("db-password");
  assert.deepEqual(data, { "db-password": "sample-password-old" });
  await own.close();
});

test("a trap costs one call, and the next has a new instance", async () => {
  const traps = await openStore({ suffix: "as configured " }, { component: TRAPS });
  const read = async (name) => (await traps.get(name)).data[name];
  assert.equal(await read("a"), "as configured 1");
  assert.equal(await read("b"), "as configured 2");
  const trapped = assert.rejects(traps.get("trap"), ended("internal", /unreachable/));
  assert.equal(await read("c"), "as configured 1");
  await trapped;
  await assert.rejects(traps.get("exit"), ended("internal", /thread/));
  assert.equal(await read("d"), "as configured 1");
  // A caller's slip is none: the instance goes on.
  await assert.rejects(traps.get(undefined), TypeError);
  assert.equal(await read("e"), "as configured 2");
  await traps.close();
});

test("close ends a call that would never end, and those behind it", async () => {
  const loops = await openStore({ suffix: "" }, { component: TRAPS });
  const calls = ["loop", "a"].map((name) => loops.get(name));
  const rejected = calls.map((call) => assert.rejects(call, ended("unavailable", /closed/)));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await loops.close();
  await Promise.all(rejected);
  await assert.rejects(loops.ping(), ended("unavailable", /closed/));
  await loops.close();
});

test("a component that is not there is an error", async () => {
  const component = new URL("./no-such.js", import.meta.url);
  await assert.rejects(openStore({}, { component }), ended("internal", /no-such\.js/));
});

test("the command prints the secret and nothing else, or the error", async () => {
  const script = fileURLToPath(new URL("./read.mjs", import.meta.url));
  const read = (...args) => promisify(execFile)(process.execPath, [script, ...args]);
  const { stdout, stderr } = await read("db-password", "v1");
  assert.deepEqual([stdout, stderr], ["sample-password-old\n", ""]);
  await assert.rejects(read("no-such"), ({ code, stdout, stderr }) => {
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^not-found: /);
    return true;
  });
});
