// A store of `dapr:secretstores` in JavaScript: a fixed map. What the WIT calls an error is thrown
// as an object of its fields.
const SECRETS = new Map([
  ["js-secret", "from-javascript"],
  ["js-other", "другой 秘密"],
]);

let suffix = "";

/** The value of `name` in pairs of the contract's `metadata`, "" if there is none. */
function value(pairs, name) {
  const found = pairs.find(([key]) => key.toLowerCase() === name);
  return found ? found[1] : "";
}

function failure(kind, message) {
  return { kind, message, retryable: false };
}

function read(name) {
  const data = [[name, SECRETS.get(name) + suffix]];
  return { name, data, versionId: "", requestId: "" };
}

export const store = {
  init(properties) {
    const wanted = value(properties, "suffix");
    if (wanted.length > 8) {
      throw failure("invalid-config", "suffix has more than 8 characters: shorten it");
    }
    suffix = wanted;
  },

  features() {
    return [];
  },

  get(name, _metadata) {
    if (!SECRETS.has(name)) {
      throw failure("not-found", `there is no secret ${name}: ask for js-secret or js-other`);
    }
    return read(name);
  },

  bulkGet(metadata) {
    const names = value(metadata, "names");
    const wanted = names ? new Set(names.split(",").map((name) => name.trim())) : SECRETS;
    return [...SECRETS.keys()].filter((name) => wanted.has(name)).sort().map(read);
  },

  ping() {},
};
