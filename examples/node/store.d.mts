/** Who can mend an error, and how: `error-kind` of the contract, wit/secretstores.wit. */
export type ErrorKind =
  | "invalid-config"
  | "invalid-request"
  | "not-found"
  | "permission-denied"
  | "unauthenticated"
  | "throttled"
  | "unavailable"
  | "timeout"
  | "internal";

/** Why an operation gave no result. Its message never holds a secret or a key. */
export class SecretStoreError extends Error {
  readonly name: "SecretStoreError";
  readonly kind: ErrorKind;
  /** The backend's own error code, such as `ResourceNotFound.SecretNotExist`. */
  readonly code: string | undefined;
  /** The backend's id of the failed request, for its support. */
  readonly requestId: string | undefined;
  /** Whether the same call may succeed later with nothing changed. */
  readonly retryable: boolean;
}

/** One secret as it was read. */
export interface Secret {
  name: string;
  /**
   * The value, under the secret's own name; with `multipleKeyValuesPerSecret` the fields of a value
   * that is a JSON object. Binary values are base64 text.
   */
  data: Record<string, string>;
  /** The version that was read. */
  versionId: string;
  /** The backend's id of the request that read it. */
  requestId: string;
}

/**
 * One instance of the component in one thread, which takes one call at a time: calls may be made at
 * once, and wait for each other. Every method may reject with `SecretStoreError`.
 *
 * A component that traps costs the call it was in, with the kind `internal`. The next call gets a
 * new thread with a new instance, configured as this one was.
 */
export interface SecretStore {
  /** Reads one secret; without `versionId` the current version. */
  get(name: string, options?: { versionId?: string | undefined }): Promise<Secret>;
  /** Reads `names`, or else every secret that the store may list; sorted by name. */
  bulkGet(options?: { names?: readonly string[] | undefined }): Promise<Secret[]>;
  /** Asks whether the backend can be reached and accepts the key. Reads no secret. */
  ping(): Promise<void>;
  /** The optional abilities of the store, such as `MULTIPLE_KEY_VALUES_PER_SECRET`. */
  features(): Promise<string[]>;
  /** Ends the thread. Calls that have not ended reject with the kind `unavailable`. */
  close(): Promise<void>;
}

/** The store's settings by their names, such as `region`, `secretId`, `secretKey`. */
export type Properties = Readonly<Record<string, string | undefined>>;

export interface Options {
  /** The module that `jco transpile` made; else `component/store.js` beside this file. */
  component?: string | URL | undefined;
}

/**
 * Opens a store configured with `properties`, or else with the environment variables
 * `TENCENTCLOUD_…` as they are now. Rejects with the kind `invalid-config` if the properties are
 * wrong; what is wrong in the environment is said by the first call.
 */
export function openStore(properties?: Properties, options?: Options): Promise<SecretStore>;
