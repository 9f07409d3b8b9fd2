// The script of a worker thread that trains.
import { parentPort } from "node:worker_threads";
import { serveTrainingTeam } from "./train/wasm/team-member.ts";

const port = parentPort!;
serveTrainingTeam(
  (listener) => port.on("message", listener),
  (answer) => port.postMessage(answer),
);
