import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MODEL } from "../cli/electra-edge.ts";
import { metricsOf, type RunningServer, serve, until } from "./serving.ts";

const TEXT = "李四13900001234浙江省杭州市西湖区文三路99号";

const requestsOf = (server: RunningServer, status: number) =>
  server.log().filter((line) => line["msg"] === "request" && line["status"] === status).length;

const waiting = (server: RunningServer, inputs: number) =>
  until(async () => (await metricsOf(server.url)).get("electra_edge_queue_length") === inputs);

describe("a server under load", { timeout: 120_000 }, () => {
  it("answers every request or refuses it with 429 and when to come again", async () => {
    const server = await serve([MODEL, "--max-queue", "2", "--max-batch-tokens", "1"]);
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const response = await server.post({ inputs: TEXT });
        return { response, body: (await response.json()) as { error?: { code: string } } };
      }),
    );
    const refused = outcomes.filter(({ response }) => response.status === 429);
    const answered = outcomes.filter(({ response }) => response.status === 200);
    assert.equal(refused.length + answered.length, 60);
    assert.ok(refused.length > 0 && answered.length > 0);
    for (const { response, body } of refused) {
      assert.equal(body.error?.code, "overloaded");
      assert.match(response.headers.get("retry-after")!, /^[1-9]\d*$/);
    }
    for (const { body } of answered) assert.deepEqual(body, answered[0]!.body);
    assert.equal((await metricsOf(server.url)).get("electra_edge_queue_length"), 0);
    assert.equal(await server.stop(), 0);
  });

  it("drops what a client no longer waits for", async () => {
    const server = await serve([MODEL, "--max-wait", "60000", "--request-timeout", "120000"]);
    const controller = new AbortController();
    const asked = Promise.allSettled(
      [TEXT, [TEXT, TEXT]].map((inputs) => server.post({ inputs }, { signal: controller.signal })),
    );
    await waiting(server, 3);
    controller.abort();
    for (const { status } of await asked) assert.equal(status, "rejected");
    await waiting(server, 0);
    await until(() => requestsOf(server, 499) === 2);
    assert.equal((await metricsOf(server.url)).get('electra_edge_inputs_total{model="model"}'), undefined);
    assert.equal(await server.stop(), 0);
  });

  it("says so where there is no answer in time", async () => {
    const server = await serve([MODEL, "--max-wait", "60000", "--request-timeout", "100"]);
    const response = await server.post({ inputs: TEXT });
    const { error } = (await response.json()) as { error: { code: string } };
    assert.deepEqual([response.status, error.code], [503, "timeout"]);
    assert.equal((await metricsOf(server.url)).get("electra_edge_queue_length"), 0);
    assert.equal(await server.stop(), 0);
  });
});

describe("a server that is told to stop", { timeout: 120_000 }, () => {
  it("finishes what waits, and takes no more", async () => {
    const server = await serve([MODEL, "--max-wait", "2500"]);
    const asked = Array.from({ length: 8 }, () => server.post({ inputs: TEXT }));
    await waiting(server, 8);
    const stopped = server.stop();
    await until(() => server.printed().includes("SIGTERM"));
    // On a connection that it has not closed yet it still says so.
    const late = await server.post({ inputs: TEXT }).catch(() => undefined);
    assert.ok(late === undefined || late.status === 503);
    for (const response of await Promise.all(asked)) {
      assert.equal(response.status, 200);
      assert.ok(((await response.json()) as object[]).length > 0);
    }
    assert.equal(await stopped, 0);
  });

  it("loses none of what it accepted in a stream of requests", async () => {
    const server = await serve([MODEL, "--max-queue", "16"]);
    const seen = { answered: 0, refused: 0 };
    let connected = true;
    const client = async () => {
      while (connected) {
        // Whoever is not even accepted finds no connection, or one that is closed without an answer.
        const response = await server.post({ inputs: TEXT }).catch(() => undefined);
        if (response === undefined) return;
        const body = await response.json();
        if (response.status === 200) {
          seen.answered++;
        } else {
          assert.match((body as { error: { code: string } }).error.code, /^(overloaded|shutting-down)$/);
          seen.refused++;
        }
      }
    };
    const clients = Array.from({ length: 24 }, client);
    await until(() => seen.answered > 60);
    assert.equal(await server.stop(), 0);
    connected = false;
    await Promise.all(clients);
    assert.equal(requestsOf(server, 200), seen.answered);
    assert.equal(requestsOf(server, 500) + requestsOf(server, 499), 0);
  });

  it("gives up on what takes too long", async () => {
    const server = await serve([MODEL, "--max-wait", "60000", "--shutdown-timeout", "100"]);
    const asked = server.post({ inputs: TEXT });
    await waiting(server, 1);
    const code = server.stop("SIGINT");
    await assert.rejects(asked);
    assert.equal(await code, 1);
  });
});
