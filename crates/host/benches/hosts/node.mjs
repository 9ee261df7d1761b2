// The median of reads through examples/node, in microseconds; see main.rs.
import { readFileSync } from "node:fs";
import { openStore } from "../../../../examples/node/store.mjs";

const reads = Number(readFileSync(0, "utf8"));
const store = await openStore();
const taken = [];
for (let round = 0; round < (reads || 5); round++) {
  const started = performance.now();
  await (reads ? store.get("secret-000") : store.bulkGet());
  taken.push(performance.now() - started);
}
await store.close();
taken.sort((one, other) => one - other);
console.log(Math.round(taken[taken.length >> 1] * 1000));
