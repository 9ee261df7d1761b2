// Prints one secret: node read.mjs NAME [VERSION]
import { openStore } from "./store.mjs";

const [name, versionId] = process.argv.slice(2);
if (!name) {
  console.error("usage: node read.mjs NAME [VERSION]");
  process.exit(1);
}
try {
  const store = await openStore();
  const { data } = await store.get(name, { versionId });
  const values = Object.values(data);
  console.log(values.length === 1 ? values[0] : JSON.stringify(data));
} catch (error) {
  console.error(`${error.kind ?? error.name}: ${error.message}`);
  process.exitCode = 1;
}
