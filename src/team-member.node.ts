// The script of a worker thread.
import { parentPort } from "node:worker_threads";
import { serveTeam } from "./model/team-member.ts";

const port = parentPort!;
serveTeam(
  (listener) => port.on("message", listener),
  (answer) => port.postMessage(answer),
);
