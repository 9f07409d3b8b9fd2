import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DEFAULT_OPTIONS, type ServerOptions } from "../../src/server/options.ts";
import { type NamedSource, readServedModels } from "../../src/server/served-model.ts";
import { type Server, startServer } from "../../src/server/server.ts";
import { MODEL } from "../cli/electra-edge.ts";
import { ask, CONTENT, isReady, metricsOf, startWithCrashingWorkers, until } from "./serving.ts";

const TEXT = "李四13900001234浙江省杭州市西湖区文三路99号";
const SOURCE: NamedSource = { name: "waybill", source: MODEL };

const start = (options: Partial<ServerOptions>) => startWithCrashingWorkers(SOURCE, options);

describe("a server whose workers end", { timeout: 120_000 }, () => {
  let server: Server;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-serve-"));
    server = await start({ requestTimeout: 60_000, maxWait: 100 });
  });
  after(async () => {
    assert.ok(await server.stop());
    await rm(folder, { recursive: true });
  });

  it("retries what was lost with a worker", async () => {
    assert.equal((await ask(server, `exit until ${join(folder, "once")}`))[0], 200);
    assert.equal((await metricsOf(server.address)).get("electra_edge_workers_lost_total"), 1);
  });

  for (const deed of ["exit", "throw"]) {
    it(`fails the input that makes workers ${deed}, and none beside it`, async () => {
      const [[status, body], ...others] = await Promise.all([
        ask(server, deed),
        ask(server, TEXT),
        ask(server, TEXT),
      ]);
      assert.deepEqual([status, body.error?.code], [500, "worker-failed"]);
      for (const other of others) assert.equal(other[0], 200);
      assert.equal((await ask(server, TEXT))[0], 200);
    });
  }

  it("is not ready while it has no worker", async () => {
    const asked = ask(server, "exit");
    await until(async () => !(await isReady(server)));
    assert.equal((await fetch(`${server.address}/health/live`)).status, 200);
    await asked;
    await until(() => isReady(server));
  });
});

it("a server ends a worker that is stuck, and says so in time", { timeout: 120_000 }, async () => {
  const server = await start({ requestTimeout: 1000 });
  const [status, body] = await ask(server, "hang");
  assert.deepEqual([status, body.error?.code], [503, "timeout"]);
  await until(async () => (await ask(server, TEXT))[0] === 200);
  assert.ok(await server.stop());
});

describe("a server's pool of workers", { timeout: 120_000 }, () => {
  it("runs batches side by side", async () => {
    const options = { ...DEFAULT_OPTIONS, port: 0, workers: 2, logLevel: "silent" } as const;
    const server = await startServer(await readServedModels([SOURCE]), options, "0.0.0");
    assert.equal((await metricsOf(server.address)).get("electra_edge_workers"), 2);
    const init = { method: "POST", headers: CONTENT, body: JSON.stringify({ inputs: TEXT }) };
    const answers = await Promise.all(
      Array.from({ length: 30 }, async () => {
        const response = await fetch(`${server.address}/v1/token-classification`, init);
        return response.text();
      }),
    );
    assert.equal(new Set(answers).size, 1);
    assert.match(answers[0]!, /李四/);
    assert.ok(await server.stop());
  });

  it("says what keeps a model from being loaded", async () => {
    const [model] = await readServedModels([SOURCE]);
    const options = { ...DEFAULT_OPTIONS, port: 0, workers: 2, logLevel: "silent" } as const;
    const gone = [{ ...model!, source: "gone.safetensors" }];
    await assert.rejects(startServer(gone, options, "0.0.0"), /gone\.safetensors: can't be opened/);
  });
});
