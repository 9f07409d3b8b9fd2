// `npm start`: the fields of a waybill, by the shipped model. The waybill is invented; `npm start -- "…"` takes another.
import { spawnSync } from "node:child_process";

const sample = "张三18600009172广东省深圳市南山区八马路与东平行路交叉口北40米";
const given = process.argv.slice(2);
const { status } = spawnSync(
  process.execPath,
  ["dist/node/cli.js", "run", "weights/waybill-zh.safetensors", ...(given.length > 0 ? given : [sample])],
  { stdio: "inherit" },
);
process.exitCode = status ?? 1;
