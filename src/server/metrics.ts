import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** What the metrics look up when they are asked for. */
export interface Gauged {
  queueLength(): number;
  workers(): number;
}

/** The server's figures in Prometheus's form. Their labels take values from a fixed set only: never a request's own. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests;
  readonly #seconds;
  readonly #batchInputs;
  readonly #batchTokens;
  readonly #inputs;
  readonly #tokens;
  readonly #workersLost;

  constructor({ queueLength, workers }: Gauged) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#requests = new Counter({
      name: "electra_edge_requests_total",
      help: "Requests that were answered, by route and status",
      labelNames: ["route", "status"] as const,
      registers,
    });
    this.#seconds = new Histogram({
      name: "electra_edge_request_duration_seconds",
      help: "From a request's headers to its answer, by route; refused ones are not counted",
      labelNames: ["route"] as const,
      buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    this.#batchInputs = new Histogram({
      name: "electra_edge_batch_inputs",
      help: "Inputs that ran together",
      labelNames: ["model"] as const,
      buckets: [1, 2, 4, 8, 16, 32, 64, 128],
      registers,
    });
    this.#batchTokens = new Histogram({
      name: "electra_edge_batch_tokens",
      help: "Tokens that ran together",
      labelNames: ["model"] as const,
      buckets: [16, 32, 64, 128, 256, 512, 1024, 2048, 4096],
      registers,
    });
    this.#inputs = new Counter({
      name: "electra_edge_inputs_total",
      help: "Inputs that were run",
      labelNames: ["model"] as const,
      registers,
    });
    this.#tokens = new Counter({
      name: "electra_edge_tokens_total",
      help: "Tokens of the inputs that were run",
      labelNames: ["model"] as const,
      registers,
    });
    this.#workersLost = new Counter({
      name: "electra_edge_workers_lost_total",
      help: "Workers that ended unasked, and failed attempts to replace one",
      registers,
    });
    gauge(this.registry, "electra_edge_queue_length", "Inputs that wait", queueLength);
    gauge(this.registry, "electra_edge_workers", "Workers that have their models loaded", workers);
  }

  countRequest(route: string, status: number, seconds: number): void {
    this.#requests.inc({ route, status });
    if (status < 400) this.#seconds.observe({ route }, seconds);
  }

  countBatch(model: string, inputs: number, tokens: number): void {
    this.#batchInputs.observe({ model }, inputs);
    this.#batchTokens.observe({ model }, tokens);
    this.#inputs.inc({ model }, inputs);
    this.#tokens.inc({ model }, tokens);
  }

  countLostWorker(): void {
    this.#workersLost.inc();
  }
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
