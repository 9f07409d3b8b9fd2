import { requireToken } from "./authorization.ts";
import { annotateBatch, enqueueTexts } from "./bulk.ts";
import { readEntitiesRequest } from "./entities.ts";
import type { Env } from "./env.ts";
import { errorResponse, RequestError } from "./errors.ts";
import { loadedModel } from "./model.ts";
import { pageResponse } from "./page.ts";

type Handler = (request: Request, env: Env, context: ExecutionContext) => Response | Promise<Response>;

const ROUTES: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  "/": { GET: pageResponse, HEAD: pageResponse },
  "/entities": { POST: entities },
  "/bulk": { POST: bulk },
};

async function entities(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
  if (env.API_TOKEN !== undefined) await requireToken(request, env.API_TOKEN);
  const { inputs, parameters } = await readEntitiesRequest(request);
  const tag = await loadedModel(env, context);
  return Response.json(await tag(inputs as string, parameters));
}

async function bulk(request: Request, env: Env): Promise<Response> {
  await requireToken(request, env.API_TOKEN);
  return Response.json(await enqueueTexts(new URL(request.url).searchParams, env), { status: 202 });
}

function handlerOf(request: Request): Handler {
  const { pathname } = new URL(request.url);
  const methods = Object.hasOwn(ROUTES, pathname) ? ROUTES[pathname] : undefined;
  if (methods === undefined) throw new RequestError(404, "not-found", "there is nothing at this path");
  const handler = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
  if (handler !== undefined) return handler;
  const allow = Object.keys(methods).join(", ");
  throw new RequestError(405, "method-not-allowed", `this path takes ${allow}`, { allow });
}

export default {
  async fetch(request, env, context) {
    try {
      return await handlerOf(request)(request, env, context);
    } catch (error) {
      return errorResponse(error);
    }
  },
  queue: annotateBatch,
} satisfies ExportedHandler<Env>;
