// Worker threads that end by themselves at their THREAD_ENDS_AT-th message, for `node --import`.
import { isMainThread, parentPort } from "node:worker_threads";

if (!isMainThread) {
  let messages = 0;
  const on = parentPort.on.bind(parentPort);
  parentPort.on = (event, listener) =>
    on(event, (message) => {
      if (event === "message" && ++messages === Number(process.env.THREAD_ENDS_AT)) process.exit(3);
      listener(message);
    });
}
