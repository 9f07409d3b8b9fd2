import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import {
  INSTALL_COMMAND,
  importOnnxruntimeWeb,
  type Ort,
  type OrtSession,
  peersInstalled,
  QUIET,
} from "../../bench/peers/peers.ts";

/** onnxruntime-web, which the bench brings along; without it the test is skipped, or fails where CI is set. */
export async function onnxruntime(t: TestContext): Promise<Ort | undefined> {
  if (peersInstalled()) return importOnnxruntimeWeb(1);
  const reason = `no onnxruntime-web; \`${INSTALL_COMMAND}\` installs it`;
  assert.ok(!process.env["CI"], reason);
  t.skip(reason);
  return undefined;
}

export const openSession = (ort: Ort, file: string): Promise<OrtSession> =>
  ort.InferenceSession.create(file, { executionProviders: ["wasm"], ...QUIET });
