import swagger from "@fastify/swagger";
import { type FastifyInstance, fastify, LogController } from "fastify";
import { InputError } from "../errors.ts";
import { DEPTH_LIMIT, isDeeper } from "../model/file/json.ts";
import { requireToken } from "./authorization.ts";
import { Batcher } from "./batcher.ts";
import { HUNG_UP, refuseConnection, sendError } from "./error-responses.ts";
import { ServingError } from "./errors.ts";
import { Metrics } from "./metrics.ts";
import type { ServerOptions } from "./options.ts";
import { WorkerPool } from "./pool.ts";
import { inferenceRoutes } from "./routes/inference.ts";
import { descriptionRoutes, healthRoutes } from "./routes/operations.ts";
import type { ServedModel } from "./served-model.ts";

export interface Server {
  /** Where it listens, as a URL. */
  readonly address: string;
  /**
   * Refuses what comes from now on, finishes what has been accepted, and ends the workers.
   *
   * @returns whether all that was accepted could be finished in time
   */
  stop(): Promise<boolean>;
}

/**
 * Loads the models and listens.
 *
 * @param version of the package
 * @param workerScript other than the pool's own; for tests
 */
export async function startServer(
  models: readonly ServedModel[],
  options: ServerOptions,
  version: string,
  workerScript?: URL,
): Promise<Server> {
  const { host, port, token, shutdownTimeout } = options;
  const lifecycle = { stopping: false };
  const metrics = new Metrics({
    queueLength: () => batcher.queueLength,
    workers: () => pool.ready,
  });
  const batcher = new Batcher({ ...options, onBatch: metrics.countBatch.bind(metrics) });
  const app = createApp(models, options);
  const pool = await WorkerPool.start(models, {
    workers: options.workers,
    batchTimeout: options.requestTimeout,
    onIdle: () => batcher.dispatch(),
    onLost(reason) {
      metrics.countLostWorker();
      app.log.error({ reason: reason.message }, "a worker was lost");
    },
    ...(workerScript === undefined ? {} : { script: workerScript }),
  });
  batcher.start(pool);
  await app.register(swagger, {
    openapi: { openapi: "3.1.0", info: { title: "electra-edge", version } },
  });
  observeRequests(app, metrics, lifecycle);
  healthRoutes(app, () => pool.ready > 0 && !lifecycle.stopping);
  await app.register(async (guarded) => {
    guarded.addHook("onRequest", (_request, _reply, done) => {
      done(lifecycle.stopping ? new ServingError("shutting-down", "this server is stopping") : undefined);
    });
    if (token !== undefined) guarded.addHook("onRequest", requireToken(token));
    inferenceRoutes(guarded, models, batcher, options);
    descriptionRoutes(guarded, models, metrics);
  });
  app.addHook("onClose", () => pool.close());

  const address = await app.listen({ host, port }).catch(async (error) => {
    await app.close();
    throw error;
  });
  return {
    address,
    async stop() {
      lifecycle.stopping = true;
      let finished = true;
      const timer = setTimeout(() => {
        finished = false;
        app.server.closeAllConnections();
      }, shutdownTimeout);
      await app.close();
      clearTimeout(timer);
      return finished;
    },
  };
}

/** What reads requests and tells of their faults, with no routes yet. */
export function createApp(
  models: readonly ServedModel[],
  { logLevel, maxBody, bodyTimeout }: ServerOptions,
): FastifyInstance {
  const app: FastifyInstance = fastify({
    logger: { level: logLevel, stream: process.stderr, base: null },
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxBody,
    requestTimeout: bodyTimeout,
    http: {
      requestTimeout: bodyTimeout,
      headersTimeout: bodyTimeout,
      connectionsCheckingInterval: Math.min(1000, bodyTimeout),
    },
    clientErrorHandler: refuseConnection,
    return503OnClosing: false,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
  });
  app.removeContentTypeParser("text/plain");
  // On their way to a worker, values that nest without end would exhaust the stack.
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, body, done) => {
    parseJson(request, body, (error, value) => {
      const isTooDeep = error === null && isDeeper(value, DEPTH_LIMIT);
      done(
        isTooDeep ? new InputError("bad-option", `the body nests more than ${DEPTH_LIMIT} deep`) : error,
        value,
      );
    });
  });
  // Schemas say what an answer looks like; it is sent just as the pipeline gave it.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(sendError);
  app.setNotFoundHandler((request, reply) => {
    const routes = [...new Set(models.map(({ task }) => `POST /v1/${task}`))].join(", ");
    const message = `there is no ${request.method} ${request.url.slice(0, 100)}; see ${routes}, /openapi.json`;
    reply.code(404).send({ error: { code: "not-found", message } });
  });
  return app;
}

/** One line of log and one count for each request; neither holds anything of its text. */
function observeRequests(
  app: FastifyInstance,
  metrics: Metrics,
  lifecycle: { readonly stopping: boolean },
): void {
  app.addHook("onSend", async (_request, reply) => {
    // Else a connection that is kept alive would hold the server up.
    if (lifecycle.stopping) reply.header("connection", "close");
  });
  app.addHook("onRequest", (request, reply, done) => {
    // Unlike the framework's own hook, this one hears of clients that hung up.
    reply.raw.once("close", () => {
      const route = request.routeOptions.url ?? "unknown";
      const { raw, statusCode, elapsedTime } = reply;
      const status = raw.writableFinished ? statusCode : HUNG_UP;
      metrics.countRequest(route, status, elapsedTime / 1000);
      request.log.info({ method: request.method, route, status, ms: Math.round(elapsedTime) }, "request");
    });
    done();
  });
}
