// Secrets for Node through the component. A call into WebAssembly blocks its whole thread until the
// answer is there, so the component has a thread of its own and the event loop stays free.
import { Worker } from "node:worker_threads";

const COMPONENT = new URL("./component/store.js", import.meta.url);

export class SecretStoreError extends Error {
  name = "SecretStoreError";

  constructor({ kind, message, code, requestId, retryable = false }, options) {
    super(message, options);
    this.kind = kind;
    this.code = code;
    this.requestId = requestId;
    this.retryable = retryable;
  }
}

export async function openStore(properties, { component = COMPONENT } = {}) {
  const store = new SecretStore(properties && pairs(properties), new URL(component));
  await store.start();
  return store;
}

class SecretStore {
  #component;
  #properties;
  #env;
  #instance;
  #last = Promise.resolve();
  #closed = false;

  constructor(properties, component) {
    this.#component = component.href;
    this.#properties = properties;
    // A store without properties reads these, and sees nothing else of this process's environment.
    const ours = Object.entries(process.env).filter(([name]) => name.startsWith("TENCENTCLOUD_"));
    this.#env = properties ? {} : Object.fromEntries(ours);
  }

  async start() {
    await this.#call("features");
  }

  async get(name, { versionId } = {}) {
    const metadata = versionId === undefined ? [] : pairs({ version_id: versionId });
    return secret(await this.#call("get", text(name), metadata));
  }

  async bulkGet({ names } = {}) {
    if (names === undefined) {
      return (await this.#call("bulkGet", [])).map(secret);
    }
    // Joined, these would name other secrets than they say, and none at all would mean every one.
    if (names.some((name) => !text(name).trim() || name.includes(","))) {
      throw failed("invalid-request", "names has an empty name or one with a comma: change it");
    }
    if (names.length === 0) {
      return [];
    }
    return (await this.#call("bulkGet", pairs({ names: names.join(",") }))).map(secret);
  }

  async ping() {
    await this.#call("ping");
  }

  features() {
    return this.#call("features");
  }

  async close() {
    this.#closed = true;
    await this.#instance?.end(closed());
  }

  /** Calls `method` when all calls before it have ended, however they did. */
  #call(method, ...args) {
    const result = this.#last.then(() => this.#run(method, args));
    this.#last = result.catch(() => {});
    return result;
  }

  async #run(method, args) {
    if (this.#closed) {
      throw closed();
    }
    if (!this.#instance?.alive) {
      this.#instance = new Instance(this.#component, this.#env);
      await this.#initialise(this.#instance);
    }
    return this.#instance.call(method, args);
  }

  async #initialise(instance) {
    if (!this.#properties) {
      return;
    }
    try {
      await instance.call("init", [this.#properties]);
    } catch (error) {
      await instance.end(error);
      throw error;
    }
  }
}

/** One instance of the component in its thread. It takes one call at a time. */
class Instance {
  alive = true;
  #worker;
  #waiting;
  #end = failed("internal", "the thread of the component ended: the next call starts a new one");

  constructor(component, env) {
    const file = new URL("./worker.mjs", import.meta.url);
    this.#worker = new Worker(file, { workerData: { component }, env });
    this.#worker.on("message", ({ error, value }) => {
      if (error) {
        this.#waiting?.reject(new SecretStoreError(error));
      } else {
        this.#waiting?.resolve(value);
      }
      this.#rest();
    });
    this.#worker.on("error", (cause) => {
      // "exit" is still to come, but no call may be given to this thread any more.
      this.alive = false;
      this.#end = failed("internal", `the component stopped: ${cause?.message}`, { cause });
    });
    this.#worker.on("exit", () => {
      this.alive = false;
      this.#waiting?.reject(this.#end);
      this.#rest();
    });
    this.#rest();
  }

  call(method, args) {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#worker.ref();
      this.#worker.postMessage({ method, args });
    });
  }

  async end(why) {
    this.alive = false;
    this.#end = why;
    await this.#worker.terminate();
  }

  /** Between calls the thread does not keep the process from ending. */
  #rest() {
    this.#waiting = undefined;
    this.#worker.unref();
  }
}

function failed(kind, message, options) {
  return new SecretStoreError({ kind, message }, options);
}

function closed() {
  return failed("unavailable", "the store was closed: open another");
}

/** What is not text would fail half-way into the component, as a trap does. */
function text(value) {
  if (typeof value !== "string") {
    throw new TypeError(`a string is needed, not ${value === null ? "null" : typeof value}`);
  }
  return value;
}

/** The contract's `metadata`; what is undefined is not given. */
function pairs(object) {
  const given = Object.entries(object).filter(([, value]) => value !== undefined);
  return given.map(([name, value]) => [name, text(value)]);
}

function secret({ data, ...rest }) {
  return { ...rest, data: Object.fromEntries(data) };
}
