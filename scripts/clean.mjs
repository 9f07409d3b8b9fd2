// Before a build: what an earlier one left, such as a file of a name that is no more.
import { rmSync } from "node:fs";

for (const folder of ["dist", "build/js"]) rmSync(folder, { recursive: true, force: true });
