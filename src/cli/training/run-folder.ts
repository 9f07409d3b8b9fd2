import { createHash } from "node:crypto";
import { access, appendFile, mkdir, open, readdir, readFile, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { isUnfinished, writeFileAtomically } from "../../convert/atomic-write.ts";
import { ConvertError, TrainingError } from "../../errors.ts";
import { checkByteLength, parseHeader, readHeaderLength } from "../../model/file/safetensors.ts";
import { serializeSafetensors } from "../../model/file/safetensors-writer.ts";

/** Tensors by name, as a trainee gives and takes them. */
export type State = ReadonlyMap<string, Float32Array>;

/** Where a run goes on from. */
export const CHECKPOINT = "checkpoint.safetensors";

const SETTINGS = "settings.json";
const LOG = "log.jsonl";
const RESULT = "result.json";
const WORKER = "pid";

/** The commands that leave a run folder. */
export type RunCommand = "finetune" | "pretrain";

/** What a run is: how it was started, and the SHA-256 of each file that it reads. */
export interface RunSettings {
  readonly command: RunCommand;
  readonly options: unknown;
  readonly inputs: Readonly<Record<string, string>>;
}

/** What a long run leaves on the disk. Every file but the log is written whole, by rename; the log grows by lines. */
export class RunFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * @param inputs the files that the run reads; a resumed run must find them as they are now
   * @throws {TrainingError} `bad-run` where a run is there already
   */
  static async create(
    path: string,
    command: RunCommand,
    options: object,
    inputs: readonly string[],
  ): Promise<RunFolder> {
    const folder = new RunFolder(path);
    await mkdir(path, { recursive: true });
    if (await folder.#has(SETTINGS)) {
      throw new TrainingError(
        "bad-run",
        `${path}: holds a run already; --resume goes on with it, or name another`,
      );
    }
    const digests = await Promise.all(inputs.map(async (file) => [file, await digestOf(file)]));
    const settings: RunSettings = { command, options, inputs: Object.fromEntries(digests) };
    await folder.writeText(SETTINGS, `${JSON.stringify(settings, undefined, 2)}\n`);
    return folder;
  }

  /** @throws {TrainingError} `bad-run` where no run is there */
  static async open(path: string): Promise<{ folder: RunFolder; settings: RunSettings }> {
    const folder = new RunFolder(path);
    const text = await readFile(folder.file(SETTINGS), "utf8").catch((error) => {
      throw new TrainingError("bad-run", `${path}: holds no run: ${error.message}`, { cause: error });
    });
    try {
      return { folder, settings: JSON.parse(text) };
    } catch (error) {
      throw new TrainingError("bad-run", `${folder.file(SETTINGS)}: not JSON`, { cause: error });
    }
  }

  /**
   * As {@link open}, where the run and the files that it reads must be what they were when it began.
   *
   * @throws {TrainingError} `bad-run` also for a run of another command, or a file that is gone or has changed
   */
  static async openUnchanged(
    path: string,
    command: RunCommand,
  ): Promise<{ folder: RunFolder; options: unknown }> {
    const { folder, settings } = await RunFolder.open(path);
    if (settings.command !== command) {
      throw new TrainingError("bad-run", `${path}: is a run of ${settings.command}, not of ${command}`);
    }
    for (const [file, digest] of Object.entries(settings.inputs)) {
      const now = await digestOf(file).catch((error) => {
        throw new TrainingError("bad-run", `${path}: ${file} can't be read: ${error.message}`);
      });
      if (now === digest) continue;
      throw new TrainingError("bad-run", `${path}: ${file} has changed since the run began`);
    }
    return { folder, options: settings.options };
  }

  /**
   * As {@link openUnchanged}, to go on with the run.
   *
   * @throws {TrainingError} `bad-run` also where the run has ended
   */
  static async resume(path: string, command: RunCommand): Promise<{ folder: RunFolder; options: unknown }> {
    const run = await RunFolder.openUnchanged(path, command);
    if (await run.folder.hasResult()) {
      throw new TrainingError("bad-run", `${path}: this run has come to its end`);
    }
    return run;
  }

  /**
   * Marks the run as a process's to work on, until {@link release}.
   *
   * @throws {TrainingError} `bad-run` where another process works on it
   */
  async assign(process: number): Promise<void> {
    const worker = await this.worker();
    if (worker !== undefined && worker !== process) {
      throw new TrainingError("bad-run", `${this.path}: process ${worker} is working on it`);
    }
    await this.writeText(WORKER, `${process}\n`);
  }

  async release(): Promise<void> {
    await rm(this.file(WORKER), { force: true });
  }

  /** The process that works on the run; undefined where there is none, or it has died. */
  async worker(): Promise<number | undefined> {
    if (!(await this.#has(WORKER))) return undefined;
    const worker = Number(await readFile(this.file(WORKER), "utf8"));
    try {
      process.kill(worker, 0);
      return worker;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "EPERM" ? worker : undefined;
    }
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** @throws {ConvertError} `unwritable` */
  async log(entry: object): Promise<void> {
    await appendFile(this.file(LOG), `${JSON.stringify(entry)}\n`).catch((error) => {
      throw new ConvertError("unwritable", this.file(LOG), error.message, { cause: error });
    });
  }

  /** All lines of the log; what a crash cut off in the middle of a line is left out. */
  async readLog(): Promise<Record<string, unknown>[]> {
    const lines = (await this.#logText()).split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }

  /** Puts the log on the disk. @returns its length in bytes, up to its last whole line */
  async saveLog(): Promise<number> {
    const log = await open(this.file(LOG), "a");
    try {
      await log.sync();
    } finally {
      await log.close();
    }
    return this.#logBytes();
  }

  /** Takes back what was logged after a checkpoint that is returned to. A log that has lost its end stays as it is. */
  async rewindLog(bytes: number): Promise<void> {
    if (await this.#has(LOG)) await truncate(this.file(LOG), Math.min(bytes, await this.#logBytes()));
  }

  /** Removes what processes left that were killed while they wrote. Only for the process that works on the run. */
  async sweep(): Promise<void> {
    const names = await readdir(this.path);
    await Promise.all(names.filter(isUnfinished).map((name) => rm(this.file(name), { force: true })));
  }

  /** Whether the run has come to its end. */
  hasResult(): Promise<boolean> {
    return this.#has(RESULT);
  }

  /** What the run came to; undefined while it goes on. */
  async readResult(): Promise<unknown> {
    if (!(await this.hasResult())) return undefined;
    return JSON.parse(await readFile(this.file(RESULT), "utf8"));
  }

  /** What the run came to; its end. */
  async writeResult(result: object): Promise<void> {
    await this.writeText(RESULT, `${JSON.stringify(result, undefined, 2)}\n`);
  }

  async writeText(name: string, text: string): Promise<void> {
    await writeFileAtomically(this.file(name), [text]);
  }

  /** @param note kept beside the tensors, as JSON */
  async writeState(name: string, state: State, note: unknown): Promise<void> {
    const tensors = [...state].map(([tensor, values]) => ({
      name: tensor,
      dtype: "F32" as const,
      shape: [values.length],
      data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    }));
    const chunks = serializeSafetensors({ note: JSON.stringify(note) }, tensors);
    await writeFileAtomically(this.file(name), chunks);
  }

  /**
   * @returns undefined where there is no such file
   * @throws {ModelFileError} where it is damaged
   */
  async readState(name: string): Promise<{ state: State; note: unknown } | undefined> {
    if (!(await this.#has(name))) return undefined;
    const path = this.file(name);
    const bytes = await readFile(path);
    const length = readHeaderLength(bytes, path);
    const header = parseHeader(bytes.subarray(8, 8 + length), path);
    checkByteLength(header, bytes.length, path);
    const state = new Map<string, Float32Array>();
    for (const { name, begin, end } of header.tensors.values()) {
      state.set(name, new Float32Array(Uint8Array.from(bytes.subarray(begin, end)).buffer));
    }
    return { state, note: JSON.parse(header.metadata.get("note") ?? "null") };
  }

  async #logBytes(): Promise<number> {
    return Buffer.byteLength(await this.#logText());
  }

  async #logText(): Promise<string> {
    if (!(await this.#has(LOG))) return "";
    const text = await readFile(this.file(LOG), "utf8");
    return text.slice(0, text.lastIndexOf("\n") + 1);
  }

  async #has(name: string): Promise<boolean> {
    return access(this.file(name)).then(
      () => true,
      (error) => {
        if (error.code === "ENOENT") return false;
        throw error;
      },
    );
  }
}

async function digestOf(file: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
}
