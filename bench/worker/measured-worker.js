// The Worker, and how much WebAssembly memory it holds.
import { wasmBytes } from "./memories.js";
import worker from "./worker.js";

export default {
  fetch: (request, env, context) =>
    new URL(request.url).pathname === "/wasm-bytes"
      ? Response.json(wasmBytes())
      : worker.fetch(request, env, context),
};
