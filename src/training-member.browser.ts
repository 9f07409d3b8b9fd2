// The script of a Web Worker that trains.
import { serveTrainingTeam } from "./train/wasm/team-member.ts";

serveTrainingTeam(
  (listener) => addEventListener("message", ({ data }) => listener(data)),
  (answer) => postMessage(answer),
);
