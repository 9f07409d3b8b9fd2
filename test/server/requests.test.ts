import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { pipeline, type TokenClassificationPipeline } from "../../src/index.node.ts";
import { electraEdge, HEADS, MODEL } from "../cli/electra-edge.ts";
import { CONTENT, parseExposition, type RunningServer, serve } from "./serving.ts";

const TEXT = "张三18600009172广东省深圳市南山区八马路与东平行路交叉口北40米";
const OTHER = "李四13900001234浙江省杭州市西湖区文三路99号";

const HEAD = "POST /v1/token-classification HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";

function connectTo({ url }: RunningServer) {
  const { hostname, port } = new URL(url);
  // A server that hangs up may do so before all was sent.
  return connect(Number(port), hostname).on("error", () => {});
}

const failureOf = async (response: Response): Promise<[status: number, code: string]> => {
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  assert.equal(typeof error.message, "string");
  return [response.status, error.code];
};

describe("electra-edge serve", { timeout: 120_000 }, () => {
  let server: RunningServer;
  let tag: TokenClassificationPipeline;
  before(async () => {
    // On a busy machine it would else refuse what it could not answer within seconds.
    const patience = ["--request-timeout", "100000"];
    const limits = ["--max-text-length", "600", "--max-body", "20000", "--max-queue", "64"];
    [server, tag] = await Promise.all([
      serve([MODEL, `other=${MODEL}`, ...limits, "--body-timeout", "1000", "--max-wait", "20", ...patience]),
      pipeline("token-classification", MODEL),
    ]);
  });
  after(async () => {
    tag.dispose();
    assert.equal(await server.stop(), 0);
  });

  it("gives what the pipeline gives, for one text and for several", async () => {
    const one = await server.post({ inputs: TEXT, model: "model" });
    assert.equal(one.status, 200);
    assert.deepEqual(await one.json(), await tag(TEXT));
    const several = await server.post({ inputs: [TEXT, "", OTHER], model: "other" });
    assert.deepEqual(await several.json(), await tag([TEXT, "", OTHER]));
    assert.deepEqual(await (await server.post({ inputs: [], model: "other" })).json(), []);
  });

  it("passes parameters on", async () => {
    const parameters = { aggregation_strategy: "none", ignore_labels: [] } as const;
    const response = await server.post({ inputs: OTHER, parameters, model: "model" });
    assert.deepEqual(await response.json(), await tag(OTHER, parameters));
  });

  it("runs many requests together with the results of one at a time", async () => {
    const texts = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? TEXT : OTHER).slice(0, 3 + (i % 30)));
    const answers = await Promise.all(
      texts.map(async (inputs) => (await server.post({ inputs, model: "model" })).json()),
    );
    for (const [i, text] of texts.entries()) assert.deepEqual(answers[i], await tag(text));
    const samples = parseExposition(await (await fetch(`${server.url}/metrics`)).text());
    const batches = samples.get('electra_edge_batch_inputs_count{model="model"}')!;
    const inputs = samples.get('electra_edge_inputs_total{model="model"}')!;
    assert.ok(batches < inputs, `${inputs} inputs in ${batches} batches`);
  });

  it("tells what is wrong with a request", async () => {
    const cases: readonly [body: unknown, status: number, code: string][] = [
      ["{", 400, "bad-request"],
      ["", 400, "bad-request"],
      ["null", 400, "bad-request"],
      ["[]", 400, "bad-request"],
      ['{"__proto__": {"inputs": "a"}, "inputs": "a"}', 400, "bad-request"],
      [{}, 400, "bad-request"],
      [{ inputs: 1 }, 400, "bad-request"],
      [{ inputs: [TEXT, null] }, 400, "bad-request"],
      [{ inputs: TEXT, options: {} }, 400, "bad-request"],
      [{ inputs: TEXT, parameters: [] }, 400, "bad-request"],
      [{ inputs: TEXT, parameters: { agregation_strategy: "max" } }, 400, "bad-request"],
      [{ inputs: TEXT, parameters: { aggregation_strategy: "best" } }, 400, "bad-request"],
      [{ inputs: TEXT, parameters: { ignore_labels: "O" } }, 400, "bad-request"],
      [{ inputs: TEXT }, 400, "ambiguous-model"],
      [{ inputs: TEXT, model: "constructor" }, 404, "unknown-model"],
      ['{"inputs": "\\ud83d", "model": "model"}', 400, "lone-surrogate"],
      [{ inputs: "长".repeat(601), model: "model" }, 413, "text-too-long"],
      [{ inputs: Array(65).fill("a"), model: "model" }, 413, "too-many-inputs"],
      [{ inputs: "a".repeat(20_000), model: "model" }, 413, "body-too-large"],
    ];
    for (const [body, status, code] of cases) {
      const said = `${JSON.stringify(body).slice(0, 80)}`;
      assert.deepEqual(await failureOf(await server.post(body)), [status, code], said);
    }
    const plain = await server.post("text", { headers: { "content-type": "text/plain" } });
    assert.deepEqual(await failureOf(plain), [415, "not-json"]);
    assert.deepEqual(await failureOf(await fetch(`${server.url}/v1/translation`)), [404, "not-found"]);
  });

  it("gives the others their results where one text is too long for the model", async () => {
    const [long, short] = await Promise.all([
      server.post({ inputs: "长".repeat(600), model: "model" }),
      server.post({ inputs: TEXT, model: "model" }),
    ]);
    assert.deepEqual(await short.json(), await tag(TEXT));
    if (tag.maxTokens < 600 && long.status !== 200) {
      assert.deepEqual(await failureOf(long), [413, "text-too-long"]);
    }
  });

  it("refuses a body that goes on and on", async () => {
    const socket = connectTo(server);
    socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n`);
    for (let i = 0; i < 3; i++) socket.write(`2710\r\n${" ".repeat(10_000)}\r\n`);
    const [answer] = await once(socket, "data");
    assert.match(String(answer), /^HTTP\/1\.1 413 [\s\S]*"code":"body-too-large"/);
    socket.destroy();
  });

  it("hangs up on those who take too long to send", async () => {
    for (const begun of ["POST /v1/tok", `${HEAD}content-length: 100\r\n\r\n{"inputs":`]) {
      const socket = connectTo(server);
      let answer = "";
      socket.on("data", (chunk) => {
        answer += chunk;
      });
      socket.write(begun);
      await once(socket, "close");
      assert.match(answer, /^HTTP\/1\.1 408 /);
      assert.match(answer, /\r\n\r\n\{"error":\{"code":"request-too-slow"/);
    }
  });

  it("answers what is no HTTP", async () => {
    const socket = connectTo(server);
    socket.write("hello there\r\n\r\n");
    const [answer] = await once(socket, "data");
    assert.match(String(answer), /^HTTP\/1\.1 400 [\s\S]*"code":"bad-request"/);
    socket.destroy();
  });

  it("tells its models and its health", async () => {
    const models = await (await fetch(`${server.url}/v1/models`)).json();
    assert.deepEqual(models, [
      { name: "model", task: "token-classification" },
      { name: "other", task: "token-classification" },
    ]);
    for (const [path, status] of [
      ["", "ready"],
      ["/live", "live"],
      ["/ready", "ready"],
    ]) {
      const response = await fetch(`${server.url}/health${path}`);
      assert.deepEqual([response.status, await response.json()], [200, { status }]);
    }
  });

  it("exposes metrics that Prometheus can read", async () => {
    const response = await fetch(`${server.url}/metrics`);
    assert.match(response.headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
    const samples = parseExposition(await response.text());
    assert.equal(samples.get("electra_edge_queue_length"), 0);
    assert.equal(samples.get("electra_edge_workers"), 1);
    assert.equal(samples.get("electra_edge_workers_lost_total"), 0);
    const route = "/v1/token-classification";
    const answered = samples.get(`electra_edge_requests_total{route="${route}",status="200"}`)!;
    assert.ok(answered > 40);
    assert.equal(samples.get(`electra_edge_request_duration_seconds_count{route="${route}"}`), answered);
    const tokens = samples.get('electra_edge_tokens_total{model="model"}')!;
    assert.equal(samples.get('electra_edge_batch_tokens_sum{model="model"}'), tokens);
    for (const name of samples.keys()) assert.doesNotMatch(name, /translation|constructor|张三/);
  });

  it("describes itself in OpenAPI, with schemas that its answers keep to", async () => {
    const description = (await (await fetch(`${server.url}/openapi.json`)).json()) as OpenApi;
    assert.equal(description.openapi, "3.1.0");
    assert.equal(typeof description.info.version, "string");
    assert.deepEqual(Object.keys(description.paths).sort(), [
      "/health",
      "/health/live",
      "/health/ready",
      "/metrics",
      "/v1/models",
      "/v1/token-classification",
    ]);
    const { requestBody, responses } = description.paths["/v1/token-classification"]!["post"]!;
    const { default: Ajv } = await import("ajv");
    const ajv = new (Ajv as unknown as typeof Ajv.default)({ strict: false });
    const accepts = (schema: object, value: unknown) => ajv.validate(schema, value);
    const asked = requestBody!.content["application/json"]!.schema;
    assert.ok(accepts(asked, { inputs: [TEXT], parameters: { ignore_labels: ["O"] }, model: "other" }));
    assert.ok(!accepts(asked, { inputs: 1 }));
    const schemaOf = (status: number) => responses[status]!.content!["application/json"]!.schema;
    for (const parameters of [{}, { aggregation_strategy: "none" }]) {
      const response = await server.post({ inputs: TEXT, parameters, model: "other" });
      assert.ok(accepts(schemaOf(200), await response.json()));
    }
    assert.ok(accepts(schemaOf(400), await (await server.post({ inputs: 1 })).json()));
    assert.ok(!accepts(schemaOf(200), { error: {} }));
  });

  it("logs a line for each request, and nothing of any text", () => {
    const log = server.log();
    const requests = log.filter(({ msg }) => msg === "request");
    assert.ok(requests.length > 50);
    assert.ok(requests.some(({ route, status }) => route === "/v1/token-classification" && status === 200));
    assert.doesNotMatch(JSON.stringify(log), /张三|李四|18600009172|长长/);
  });
});

interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Record<string, Record<string, Operation>>;
}

type Content = Record<string, { readonly schema: object }>;

interface Operation {
  readonly requestBody?: { readonly content: Content };
  readonly responses: Record<number, { readonly content?: Content }>;
}

describe("electra-edge serve, started", { timeout: 120_000 }, () => {
  it("asks for a token where it was told to", async () => {
    const server = await serve([MODEL, "--token-env", "TAGGER_TOKEN"], { env: { TAGGER_TOKEN: "s3cret" } });
    const ask = (headers: HeadersInit) => server.post({ inputs: OTHER }, { headers });
    const refused = await ask({});
    assert.equal(refused.headers.get("www-authenticate"), "Bearer");
    assert.deepEqual(await failureOf(refused), [401, "unauthorized"]);
    for (const authorization of ["Bearer s3cre", "Bearer s3crets", "Bearer ", "Basic s3cret", "s3cret"]) {
      assert.equal((await ask({ authorization })).status, 401, authorization);
    }
    assert.equal((await ask({ authorization: "Bearer s3cret" })).status, 200);
    for (const path of ["/metrics", "/openapi.json", "/v1/models"]) {
      assert.equal((await fetch(server.url + path, { headers: CONTENT })).status, 401, path);
    }
    assert.equal((await fetch(`${server.url}/health`)).status, 200);
    assert.equal(await server.stop("SIGINT"), 0);
  });

  it("refuses what it can't serve, before it listens", async () => {
    const outcomes = await Promise.all([
      electraEdge(["serve", `${HEADS}masked-lm/config.json`]),
      electraEdge(["serve", "no-such-file.safetensors"]),
      electraEdge(["serve", MODEL, MODEL]),
      electraEdge(["serve", MODEL, "--token-env", "UNSET_VARIABLE"]),
      electraEdge(["serve", MODEL, "--workers", "0"]),
    ]);
    assert.deepEqual(
      outcomes.map(({ code, stdout }) => [code, stdout]),
      [
        [1, ""],
        [1, ""],
        [1, ""],
        [1, ""],
        [2, ""],
      ],
    );
    assert.match(outcomes[1]!.stderr, /no-such-file\.safetensors/);
    assert.match(outcomes[2]!.stderr, /two models are named model; tell them apart: NAME=FILE/);
    assert.match(outcomes[3]!.stderr, /--token-env: UNSET_VARIABLE must hold a token/);
  });
});
