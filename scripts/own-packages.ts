import { existsSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { npm } from "./npm.ts";

/** The packages of a folder with a lock file of its own, which only those who need them install. */
export class OwnPackages {
  /** With a slash at its end. */
  readonly folder: string;

  constructor(folder: URL) {
    this.folder = fileURLToPath(folder);
  }

  /** A file of one of them, as its path below `node_modules`. */
  file(path: string): string {
    return `${this.folder}node_modules/${path}`;
  }

  get installed(): boolean {
    return existsSync(this.file(".package-lock.json"));
  }

  /** What installs them, for those who read that they are missing. */
  get installCommand(): string {
    const root = fileURLToPath(new URL("..", import.meta.url));
    return `npm ci --ignore-scripts --prefix ${relative(root, this.folder)}`;
  }

  /** Without install scripts, some of which fetch programs from elsewhere, or look for those that come as packages. */
  install(): void {
    npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: this.folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
}
