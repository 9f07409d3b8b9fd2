import type { FastifyInstance } from "fastify";
import type { Metrics } from "../metrics.ts";
import type { ServedModel } from "../served-model.ts";

/** Whether the process works at all, and whether it should be sent requests. */
export function healthRoutes(app: FastifyInstance, isReady: () => boolean): void {
  app.get("/health/live", { schema: { summary: "Whether the process answers" } }, () => ({ status: "live" }));
  for (const path of ["/health", "/health/ready"]) {
    app.get(path, { schema: { summary: "Whether requests can be answered" } }, (_request, reply) => {
      const ready = isReady();
      reply.code(ready ? 200 : 503).send({ status: ready ? "ready" : "not ready" });
    });
  }
}

/** What there is to ask, and how the server does. */
export function descriptionRoutes(
  app: FastifyInstance,
  models: readonly ServedModel[],
  { registry }: Metrics,
): void {
  app.get("/v1/models", { schema: { summary: "The models, and what each does" } }, () =>
    models.map(({ name, task }) => ({ name, task })),
  );
  app.get("/metrics", { schema: { summary: "Figures in Prometheus's form" } }, async (_request, reply) => {
    reply.type(registry.contentType);
    return registry.metrics();
  });
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
}
