// Builds the component: node build.mjs FILE.wasm
import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { componentize } from "@bytecodealliance/componentize-js";

const [output] = process.argv.slice(2);
if (!output) {
  console.error("usage: node build.mjs FILE.wasm");
  process.exit(1);
}
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

// A WIT package finds others in its own `deps` only, side by side: ours and those that ours names.
const wit = await mkdtemp(join(tmpdir(), "js-store-"));
try {
  const contract = here("../../wit");
  await cp(here("world.wit"), join(wit, "world.wit"));
  await cp(join(contract, "secretstores.wit"), join(wit, "deps/secretstores.wit"));
  const deps = await readdir(join(contract, "deps"));
  for (const name of deps.filter((name) => name.endsWith(".wit"))) {
    await cp(join(contract, "deps", name), join(wit, "deps", name));
  }
  const { component } = await componentize({
    sourcePath: here("store.js"),
    witPath: wit,
    worldName: "js-store",
    // All that the engine would import for a program's sake; this one uses none of it.
    disableFeatures: ["stdio", "random", "clocks", "http", "fetch-event"],
  });
  await writeFile(output, component);
} finally {
  await rm(wit, { recursive: true });
}
