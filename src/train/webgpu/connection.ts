import { EngineError } from "../../errors.ts";
import { Pipelines } from "./pipelines.ts";

/** Limits that adapters offer more of than devices get unless they ask. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxStorageBuffersPerShaderStage",
] as const;

/** What kernels can reduce by, where an adapter has it. */
export const SUBGROUPS = "subgroups";

/** Adapters that don't all say of themselves that they are a fallback. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|warp/i;

const connections = new WeakMap<GPU, Promise<Connection>>();

/**
 * One for all who train, for as long as it does not fail: kernels are compiled once.
 *
 * @throws {EngineError} `no-webgpu` where there is no adapter, or none that gives a device
 */
export async function connect(gpu: GPU): Promise<Connection> {
  let connection = connections.get(gpu);
  if (connection === undefined || (await connection.catch(() => undefined))?.failed !== false) {
    connection = Connection.open(gpu);
    connections.set(gpu, connection);
  }
  return connection;
}

/** A GPU that was opened, and what becomes of it: once it failed, all that waits for it or comes later is told. */
export class Connection {
  readonly device: GPUDevice;
  readonly adapter: GPUAdapterInfo;
  readonly pipelines: Pipelines;
  readonly #waiting = new Set<(error: EngineError) => void>();
  #failure: EngineError | undefined;

  private constructor(device: GPUDevice, adapter: GPUAdapterInfo) {
    this.device = device;
    this.adapter = adapter;
    this.pipelines = new Pipelines(device);
    device.lost.then(({ reason, message }) => {
      this.fail("device-lost", `the GPU was lost (${reason}): ${message}`);
    });
    device.addEventListener("uncapturederror", ({ error }) => {
      this.fail("gpu-failed", `the GPU refused its work: ${error.message}`);
    });
  }

  /** @throws {EngineError} as {@link connect} */
  static async open(gpu: GPU): Promise<Connection> {
    const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
    if (adapter === null) throw new EngineError("no-webgpu", "WebGPU finds no adapter: no GPU, or no driver");
    try {
      const requiredLimits = Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]]));
      const requiredFeatures: GPUFeatureName[] = adapter.features.has(SUBGROUPS) ? [SUBGROUPS] : [];
      const device = await adapter.requestDevice({ requiredLimits, requiredFeatures });
      return new Connection(device, adapter.info);
    } catch (error) {
      throw new EngineError("no-webgpu", `WebGPU's adapter gives no device: ${error}`);
    }
  }

  /** Whether it is no GPU at all, but a processor that stands in for one. */
  get isSoftware(): boolean {
    return this.adapter.isFallbackAdapter || SOFTWARE.test(this.adapter.architecture);
  }

  get hasSubgroups(): boolean {
    return this.device.features.has(SUBGROUPS);
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** @throws {EngineError} what it has failed with */
  assertAlive(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  fail(code: EngineError["code"], message: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = new EngineError(code, message);
    for (const reject of this.#waiting) reject(this.#failure);
    this.#waiting.clear();
  }

  /** The same promise, which rejects as soon as the GPU fails. */
  guard<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) reject(this.#failure);
      else this.#waiting.add(reject);
      promise
        .then(resolve, (error) => {
          const other = error instanceof EngineError ? error : new EngineError("gpu-failed", String(error));
          reject(this.#failure ?? other);
        })
        .finally(() => this.#waiting.delete(reject));
    });
  }
}
