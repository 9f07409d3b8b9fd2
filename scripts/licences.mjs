// `npm run licences`: what is installed along with the package, and what each asks for. Prints the list, writes it into
// docs/dependencies.md with --write, and fails where a licence is not one that lets anybody use the package for anything.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

const PERMISSIVE = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BlueOak-1.0.0", "ISC", "MIT"];
const PAGE = "docs/dependencies.md";
const BEGIN = "<!-- npm run licences -- --write: begin -->";
const END = "<!-- npm run licences -- --write: end -->";

const { values: options } = parseArgs({ options: { write: { type: "boolean", default: false } } });

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
const shipped = Object.entries(packages)
  .filter(([path, entry]) => path !== "" && !entry.dev && !entry.devOptional && !entry.peer)
  .map(([path, entry]) => ({ name: path.replace(/^.*node_modules\//, ""), ...entry }))
  .sort((a, b) => (a.name < b.name ? -1 : 1));

for (const { name, version, license } of shipped) {
  if (PERMISSIVE.includes(license)) continue;
  console.error(
    `${name} ${version}: licence ${license ?? "not stated"}, expected one of ${PERMISSIVE.join(", ")}`,
  );
  process.exitCode = 1;
}

const rows = shipped.map(({ name, version, license }) => `| ${name} | ${version} | ${license} |`);
const table = ["| package | version | licence |", "| --- | --- | --- |", ...rows].join("\n");
if (options.write) {
  const page = readFileSync(PAGE, "utf8");
  const head = page.slice(0, page.indexOf(BEGIN) + BEGIN.length);
  writeFileSync(PAGE, `${head}\n\n${table}\n\n${page.slice(page.indexOf(END))}`);
} else console.log(table);
