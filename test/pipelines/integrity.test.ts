import assert from "node:assert/strict";
import { createHash, webcrypto } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import * as browser from "../../src/index.browser.ts";
import * as node from "../../src/index.node.ts";
import { createSha256 as createBrowserSha256 } from "../../src/pipelines/loading/sha256-browser.ts";
import { createSha256 as createNodeSha256 } from "../../src/pipelines/loading/sha256-node.ts";
import { createSha256 as createWorkerdSha256 } from "../../src/pipelines/loading/sha256-workerd.ts";
import { openSource } from "../../src/pipelines/loading/source.ts";
import { createPipelineFunction } from "../../src/pipelines/pipeline.ts";
import { kernelModule } from "../../src/wasm/module-inline.ts";
import { randomModel } from "../model/random-model.ts";
import { chunked, modelBytes } from "./loading.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes);
const hex = sha256(modelBytes).digest("hex");
const sri = `sha256-${sha256(modelBytes).digest("base64")}`;

/** What a Worker has in `crypto`, as far as it is used: bytes written are hashed once it closes. */
class DigestStream extends WritableStream<Uint8Array> {
  readonly digest: Promise<ArrayBuffer>;

  constructor(algorithm: string) {
    const parts: Uint8Array[] = [];
    let finish: (digest: Promise<ArrayBuffer>) => void;
    super({
      write: (part) => void parts.push(part.slice()),
      close: () => finish(webcrypto.subtle.digest(algorithm, Buffer.concat(parts))),
    });
    this.digest = new Promise((resolve) => {
      finish = resolve;
    });
  }
}

describe("integrity", () => {
  let folder: string;
  let path: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-"));
    path = join(folder, "model.safetensors");
    await writeFile(path, modelBytes);
  });
  after(() => rm(folder, { recursive: true }));

  for (const [name, { pipeline }] of Object.entries({ node, browser })) {
    test(`lets a file with that hash through, in either notation (${name})`, async () => {
      for (const integrity of [hex, hex.toUpperCase(), sri]) {
        const sources = [modelBytes, chunked(1).stream, chunked(1000).stream, new Response(modelBytes)];
        if (name === "node") sources.push(path as never);
        for (const source of sources) {
          const tag = await pipeline("token-classification", source, { integrity });
          assert.equal(tag.maxTokens, 40);
        }
      }
    });

    test(`hands nothing out of a file with another hash, and names both (${name})`, async () => {
      const altered = modelBytes.slice();
      altered[altered.length - 1]! ^= 1;
      const actual = sha256(altered).digest("hex");
      const actualSri = `sha256-${sha256(altered).digest("base64")}`;
      assert.ok(await pipeline("token-classification", altered), "it is a model all the same");
      for (const source of [() => altered, () => chunked(700, altered).stream]) {
        await assert.rejects(pipeline("token-classification", source(), { integrity: hex }), {
          name: "ModelFileError",
          code: "integrity",
          message: new RegExp(`expected the file's SHA-256 to be ${hex}, got ${actual}`),
        });
        await assert.rejects(
          pipeline("token-classification", source(), { integrity: sri }),
          (error: Error) => {
            assert.ok(error.message.includes(sri) && error.message.includes(actualSri));
            return true;
          },
        );
      }
    });
  }

  test("comes before any thread is started, as every other reason to refuse a model", async () => {
    const pipeline = createPipelineFunction({
      kernelModule,
      openSource,
      createSha256: createNodeSha256,
      startThread: () => assert.fail("no thread may be started"),
    });
    const integrity = "0".repeat(64);
    const loading = pipeline("token-classification", modelBytes, { integrity, threads: 2 });
    await assert.rejects(loading, { code: "integrity" });
    const tokenizer = randomModel({ tokenizer: { unk_token: "none" } });
    await assert.rejects(pipeline("token-classification", tokenizer, { threads: 2 }), {
      code: "tokenizer-malformed",
    });
  });

  test("says of a file that breaks a rule which one, whatever its hash", async () => {
    const short = modelBytes.subarray(0, -1);
    await assert.rejects(node.pipeline("token-classification", short, { integrity: hex }), {
      code: "truncated",
    });
  });

  test("must be one SHA-256, which is seen before anything is opened", async () => {
    const wrong = [
      "",
      "sha256-",
      hex.slice(1),
      `${hex}0`,
      ` ${hex}`,
      sri.slice(0, -1),
      sri.replace("sha256", "sha384"),
      `${sri} ${sri}`,
      `sha256-${hex}`,
      null,
      7,
      {},
    ];
    for (const integrity of wrong as string[]) {
      const { stream } = chunked(100);
      await assert.rejects(node.pipeline("token-classification", stream, { integrity }), {
        name: "InputError",
        code: "bad-option",
        message: /integrity must be one SHA-256/,
      });
      assert.ok(!stream.locked);
    }
  });

  test("is the same hash on every platform, however the bytes are cut", async (t) => {
    const { crypto } = globalThis;
    Object.defineProperty(globalThis, "crypto", { value: { DigestStream }, configurable: true });
    t.after(() => Object.defineProperty(globalThis, "crypto", { value: crypto, configurable: true }));
    for (const createSha256 of [createNodeSha256, createBrowserSha256, createWorkerdSha256]) {
      for (const step of [1, 63, 64, 65, 4096, modelBytes.length]) {
        const hash = await createSha256();
        const part = new Uint8Array(step);
        for (let at = 0; at < modelBytes.length; at += step) {
          const rest = modelBytes.subarray(at, at + step);
          part.set(rest);
          await hash.update(part.subarray(0, rest.length));
        }
        assert.equal(Buffer.from(await hash.digest()).toString("hex"), hex);
      }
    }
  });
});
