import assert from "node:assert/strict";
import { once } from "node:events";
import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Conditions, electraEdge, MODEL } from "../cli/electra-edge.ts";
import {
  ask,
  isReady,
  metricsOf,
  type RunningServer,
  serve,
  startWithCrashingWorkers,
  until,
} from "../server/serving.ts";
import { BACKWARD_CLOCK, fullUnder, hasFullDevice } from "./faults.ts";

// Workers that crash, throw or hang are in test/server/workers.test.ts, clients that hang up in test/server/load.test.ts.

const TEXT = "李四13900001234浙江省杭州市西湖区文三路99号";

async function entitiesOf(server: RunningServer): Promise<unknown> {
  const response = await server.post({ inputs: TEXT });
  assert.equal(response.status, 200);
  return response.json();
}

describe("serving", { timeout: 120_000 }, () => {
  let folder: string;
  let expected: unknown;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-faults-"));
    const server = await serve([MODEL]);
    expected = await entitiesOf(server);
    await server.stop();
  });
  after(() => rm(folder, { recursive: true }));

  const conditions: Record<string, Conditions> = {
    "a clock that goes backwards": BACKWARD_CLOCK,
    "a full disk under its log": fullUnder(2),
  };
  for (const [what, condition] of Object.entries(conditions)) {
    it(`${what} keeps no answer back, and none that was begun when it is stopped`, async (t) => {
      if (condition.shell !== undefined && !hasFullDevice(t)) return;
      const server = await serve([MODEL], condition);
      for (let i = 0; i < 3; i++) assert.deepEqual(await entitiesOf(server), expected);
      assert.equal((await server.post("no JSON")).status, 400);
      const metrics = await metricsOf(server.url);
      for (const [name, value] of metrics) assert.ok(value >= 0, `${name} is ${value}`);
      const last = entitiesOf(server);
      await until(async () => (await metricsOf(server.url)).size > 0);
      assert.equal(await server.stop(), 0);
      assert.deepEqual(await last, expected);
    });
  }

  it("killed, it leaves nothing that keeps it from being started again", async () => {
    const first = await serve([MODEL]);
    const cutOff = first.post({ inputs: Array(50).fill(TEXT) });
    const [outcome] = await Promise.allSettled([
      cutOff.then((response) => response.text()),
      first.stop("SIGKILL"),
    ]);
    if (outcome.status === "fulfilled") JSON.parse(outcome.value); // answered before it was killed: then whole
    const { port } = new URL(first.url);
    const second = await serve([MODEL, "--port", port]);
    assert.deepEqual(await entitiesOf(second), expected);
    await second.stop();
  });

  it("a model that is cut off is refused before anything is served", async () => {
    const model = join(folder, "cut.safetensors");
    await copyFile(MODEL, model);
    const { length } = await readFile(MODEL);
    for (const bytes of [length - 1, 100, 0]) {
      await truncate(model, bytes);
      const { code, stdout, stderr } = await electraEdge(["serve", model, "--port", "0"]);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, /^electra-edge: .*cut\.safetensors: /);
    }
  });

  it("a model whose download breaks off is refused before anything is served", async () => {
    const bytes = await readFile(MODEL);
    let asked = 0;
    const source = createServer((_, response) => {
      // Its header is asked for first, to see what it is; the workers ask for all of it.
      asked++;
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
    });
    source.listen(0, "127.0.0.1");
    await once(source, "listening");
    const url = `http://127.0.0.1:${(source.address() as AddressInfo).port}/model.safetensors`;
    const { code, stdout, stderr } = await electraEdge(["serve", url, "--port", "0"]);
    source.closeAllConnections();
    source.close();
    assert.deepEqual([code, stdout], [1, ""]);
    assert.ok(asked > 0);
    assert.match(stderr, /^electra-edge: http:.*\/model\.safetensors: /);
  });

  it("a worker that is lost while its model is written anew is back once that is whole", async () => {
    const source = join(folder, "rewritten.safetensors");
    await copyFile(MODEL, source);
    const server = await startWithCrashingWorkers({ name: "rewritten", source }, { requestTimeout: 2000 });
    const bytes = await readFile(source);
    await writeFile(source, bytes.subarray(0, bytes.length >> 1));
    assert.equal((await ask(server, TEXT))[0], 200, "what is loaded needs no file");
    const lost = await ask(server, "exit");
    assert.deepEqual([lost[0], lost[1].error?.code], [503, "timeout"]);
    assert.ok(!(await isReady(server)));
    assert.equal((await ask(server, TEXT))[0], 503, "no answer by half a model");
    await writeFile(source, bytes);
    await until(() => isReady(server));
    assert.equal((await ask(server, TEXT))[0], 200);
    assert.ok(await server.stop());
  });
});
