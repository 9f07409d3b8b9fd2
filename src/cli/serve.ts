import { Command, Option } from "commander";
import { InputError } from "../errors.ts";
import { DEFAULT_OPTIONS, LOG_LEVELS, type ServerOptions } from "../server/options.ts";
import { signalToStop } from "../server/signals.ts";
import { EXIT_FAILURE } from "./failure.ts";
import { atLeast, option } from "./options.ts";
import { write } from "./terminal.ts";
import { packageVersion } from "./version.ts";

interface ServeOptions extends Omit<ServerOptions, "token"> {
  readonly tokenEnv?: string;
}

const number = (flags: string, description: string, lowest: number, name: keyof ServerOptions) =>
  option(flags, description, atLeast(lowest), DEFAULT_OPTIONS[name]);

export function serveCommand(): Command {
  return new Command("serve")
    .description("answer requests over HTTP")
    .argument("<models...>", "model files, or their URLs, each also as NAME=FILE")
    .option("--host <address>", "where to listen", DEFAULT_OPTIONS.host)
    .addOption(number("--port <n>", "0 takes any that is free", 0, "port"))
    .option("--token-env <variable>", "ask for the bearer token that this environment variable holds")
    .addOption(number("--workers <n>", "threads, each with its own copy of the models", 1, "workers"))
    .addOption(number("--max-batch-tokens <n>", "tokens that run together", 1, "maxBatchTokens"))
    .addOption(number("--max-wait <ms>", "how long a text may wait for others to run with", 0, "maxWait"))
    .addOption(number("--max-queue <n>", "inputs that may wait; beyond it 429", 1, "maxQueue"))
    .addOption(number("--max-body <bytes>", "of a request; beyond it 413", 1, "maxBody"))
    .addOption(number("--max-text-length <n>", "characters of a text; beyond it 413", 1, "maxTextLength"))
    .addOption(number("--request-timeout <ms>", "for an answer; beyond it 503", 1, "requestTimeout"))
    .addOption(number("--body-timeout <ms>", "for a request to arrive; beyond it 408", 1, "bodyTimeout"))
    .addOption(number("--shutdown-timeout <ms>", "to finish what was accepted", 0, "shutdownTimeout"))
    .addOption(
      new Option("--log-level <name>", "of the log on standard error, in JSON lines")
        .choices(LOG_LEVELS)
        .default(DEFAULT_OPTIONS.logLevel),
    )
    .addHelpText(
      "after",
      `
Examples:
  electra-edge serve waybill-zh.safetensors
  electra-edge serve waybill=waybill-zh.safetensors contacts=contacts-zh.safetensors --workers 2
  curl http://127.0.0.1:8080/v1/token-classification -H 'content-type: application/json' \\
    -d '{"inputs": "张三18600009172广东省深圳市南山区"}'

GET /openapi.json describes the rest: /v1/models, /health, /metrics. SIGTERM or Ctrl-C finishes what was accepted.`,
    )
    .action(serve);
}

/** Until a signal stops it. */
async function serve(sources: readonly string[], { tokenEnv, ...options }: ServeOptions): Promise<void> {
  const { parseNamedSource, readServedModels } = await import("../server/served-model.ts");
  const { startServer } = await import("../server/server.ts");
  const token = tokenEnv === undefined ? undefined : readToken(tokenEnv);
  const models = await readServedModels(sources.map(parseNamedSource));
  const server = await startServer(models, { ...options, token }, packageVersion());
  const names = models.map(({ name, task }) => `${name} (${task})`).join(", ");
  await write(process.stdout, `${names}\nlistening on ${server.address}\n`);
  const signal = await signalToStop();
  await write(process.stdout, `${signal}: finishing what was accepted\n`);
  if (!(await server.stop())) process.exitCode = EXIT_FAILURE;
}

function readToken(variable: string): string {
  const token = process.env[variable];
  if (token !== undefined && /^\S+$/.test(token)) return token;
  throw new InputError("bad-option", `--token-env: ${variable} must hold a token without blanks`);
}
