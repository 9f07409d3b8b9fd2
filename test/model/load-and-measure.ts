// Run by itself: loads the model at the given path and prints by how many bytes the process's peak memory grew.
import { peakBytes } from "../../bench/peers/memory.ts";
import { pipeline } from "../../src/index.node.ts";
import { randomModel } from "./random-model.ts";

const path = process.argv[2]!;
(await pipeline("token-classification", randomModel())).dispose();
const before = peakBytes();
const tag = await pipeline("token-classification", path);
const growth = peakBytes() - before;
console.log(JSON.stringify({ growth, machine: tag.memoryBytes }));
