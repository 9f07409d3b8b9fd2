// A disk that fails, for `node --import`. FAULT says how, at what, in which file and the how manieth time, as in
// "KILL rename checkpoint 2" (a process that dies there) or "ENOSPC writeFile checkpoint 1" (an error of that code).
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { basename } from "node:path";

const [deed, operation, file, nth] = process.env.FAULT.split(" ");
let times = 0;

function strike(path) {
  if (!basename(String(path)).includes(file) || ++times !== Number(nth)) return;
  if (deed === "KILL") process.kill(process.pid, "SIGKILL");
  throw Object.assign(new Error(`${deed}: the disk fails, ${operation}`), { code: deed });
}

const { open, rename, appendFile } = promises;
if (operation === "rename") {
  promises.rename = async (from, to) => {
    strike(to);
    return rename(from, to);
  };
}
if (operation === "appendFile") {
  promises.appendFile = async (path, ...more) => {
    strike(path);
    return appendFile(path, ...more);
  };
}
promises.open = async (path, ...more) => {
  const handle = await open(path, ...more);
  const original = handle[operation]; // of what is done to an open file: writeFile, sync
  if (original !== undefined) {
    handle[operation] = async (...args) => {
      strike(path);
      return original.apply(handle, args);
    };
  }
  return handle;
};
syncBuiltinESMExports();
