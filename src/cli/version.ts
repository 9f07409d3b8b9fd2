import { readFileSync } from "node:fs";

/** The version in the package's own package.json, which lies above both the sources and what is built from them. */
export function packageVersion(): string {
  for (let folder = new URL("./", import.meta.url); ; folder = new URL("../", folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
      if (name === "electra-edge") return version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || folder.pathname === "/") throw error;
    }
  }
}
