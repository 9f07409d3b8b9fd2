// The script of a Web Worker.
import { serveTeam } from "./model/team-member.ts";

serveTeam(
  (listener) => addEventListener("message", ({ data }) => listener(data)),
  (answer) => postMessage(answer),
);
