// The program for Node and Bun. Its argument is a JSON file with the models' paths and the texts.
import { readFile } from "node:fs/promises";
import { pipeline } from "electra-edge";
import { conformance } from "./conformance.js";

const { models, texts } = JSON.parse(await readFile(process.argv[2], "utf8"));
console.log(JSON.stringify(await conformance(pipeline, models, texts)));
