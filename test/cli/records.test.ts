import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { electraEdge, MODEL, start } from "./electra-edge.ts";

const TEXT = "李四13900001234浙江省杭州市西湖区文三路99号";
const NDJSON = ["--input-format", "ndjson", "--format", "ndjson"];

describe("electra-edge run over lines of JSON", { timeout: 180_000 }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-records-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("gives each line back with its entities, and else as it was", async () => {
    const file = join(folder, "in.jsonl");
    const lines = [
      `{"id": 12345678901234567890, "text": "${TEXT}"}`,
      `  {"text":"","nested":{"a":[1.0,null]}}\r`,
      "",
      `{"entities":"old","text":"${TEXT}"}`,
    ];
    await writeFile(file, lines.join("\n"));
    const { code, stdout, stderr } = await electraEdge(["run", MODEL, file, "--format", "ndjson"]);
    assert.deepEqual([code, stderr], [0, ""]);
    const [first, second, third, ...rest] = stdout.split("\n");
    assert.deepEqual(rest, [""]);
    const { entities } = JSON.parse(first!);
    assert.deepEqual([entities[0].word, entities[0].entity_group], ["李四", "P"]);
    assert.equal(first, `${lines[0]!.slice(0, -1)},"entities":${JSON.stringify(entities)}}`);
    assert.equal(second, '{"text":"","nested":{"a":[1.0,null]},"entities":[]}');
    assert.deepEqual(JSON.parse(third!), { entities, text: TEXT });
  });

  it("finds the text where --text-field says, for every format", async () => {
    const input = `{"address": "${TEXT}"}\n`;
    const args = ["run", MODEL, "-", "--input-format", "ndjson", "--text-field", "address"];
    const { stdout } = await electraEdge([...args, "--format", "conll"], { input });
    assert.match(stdout, /^李\tB-P\n四\tI-P\n1\tB-T\n/u);
  });

  it("ends at the first line that can't be used, or leaves each out, by their numbers", async () => {
    const good = `{"text": "${TEXT}"}`;
    const bad = ["[1]", '{"txt": ""}', '{"text": 1}', '{"text": "\\ud800"}', "{"];
    const input = Buffer.concat([
      Buffer.from([good, ...bad, ""].join("\n")),
      Buffer.of(0x22, 0xff, 0x0a),
      Buffer.from(`${good}\n`),
    ]);
    const [failed, skipped] = await Promise.all([
      electraEdge(["run", MODEL, "-", ...NDJSON], { input }),
      electraEdge(["run", MODEL, "-", ...NDJSON, "--on-error", "skip"], { input }),
    ]);
    assert.equal(failed.code, 1);
    assert.equal(failed.stderr, "electra-edge: standard input:2: is not a JSON object\n");
    assert.equal(failed.stdout.split("\n").length, 2);

    assert.equal(skipped.code, 0);
    const named = skipped.stderr.trimEnd().split("\n");
    assert.deepEqual(
      named.map((line) => /^electra-edge: skipped: standard input:(\d): /.exec(line)?.[1]),
      ["2", "3", "4", "5", "6", "7"],
    );
    assert.match(named[3]!, /surrogate/);
    assert.match(named[5]!, /is not UTF-8 text$/);
    const lines = skipped.stdout.trimEnd().split("\n");
    assert.equal(lines.length, 2);
    assert.equal(lines[0], lines[1]);
  });

  it("reads no more than its reader takes, and loses nothing", async () => {
    const [count, padding] = [400, "x".repeat(20_000)];
    const child = start(["run", MODEL, "-", ...NDJSON]);
    let handedOver = 0;
    for (let i = 0; i < count; i++) {
      child.stdin.write(`{"id":${i},"text":"a","padding":"${padding}"}\n`, () => handedOver++);
    }
    child.stdin.end();
    // Nobody reads: pipes fill up, and the process must stop taking lines in.
    await once(child.stdout, "readable");
    let before = -1;
    while (handedOver !== before) {
      before = handedOver;
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
    assert.ok(handedOver < count / 2, `${handedOver} lines of ${count} were taken in`);
    let output = "";
    for await (const chunk of child.stdout.setEncoding("utf8")) output += chunk;
    const lines = output.trimEnd().split("\n");
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).id),
      Array.from({ length: count }, (_, i) => i),
    );
  });
});
