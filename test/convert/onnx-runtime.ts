import type { TestContext } from "node:test";
import { importOnnxruntimeWeb, type Ort, type OrtSession, PEERS, QUIET } from "../../bench/peers/peers.ts";
import { skipWithout } from "../without.ts";

/** onnxruntime-web, which the bench brings along; without it the test is skipped, or fails where CI is set. */
export async function onnxruntime(t: TestContext): Promise<Ort | undefined> {
  if (PEERS.installed) return importOnnxruntimeWeb(1);
  skipWithout(t, `no onnxruntime-web; \`${PEERS.installCommand}\` installs it`);
  return undefined;
}

export const openSession = (ort: Ort, file: string): Promise<OrtSession> =>
  ort.InferenceSession.create(file, { executionProviders: ["wasm"], ...QUIET });
