// The thread that runs the component: store.mjs starts it and sends one call at a time.
import { parentPort, workerData } from "node:worker_threads";

const { store } = await import(workerData.component);

parentPort.on("message", ({ method, args }) => {
  try {
    parentPort.postMessage({ value: store[method](...args) });
  } catch (error) {
    // An error of the contract comes as the payload of jco's ComponentError. All else is a trap,
    // after which no instance can be trusted: it goes up and ends this thread.
    if (!error?.payload?.kind) {
      throw error;
    }
    parentPort.postMessage({ error: error.payload });
  }
});
