import { EngineError } from "../../errors.ts";
import { type Kernel, sourceOf } from "./kernel.ts";

const COMPUTE = 0x4; // `GPUShaderStage.COMPUTE`, which isn't there outside of browsers

/** Kernels, compiled once each. */
export class Pipelines {
  /** Of a kernel's parameters, at an offset that each dispatch tells. */
  readonly parametersLayout: GPUBindGroupLayout;
  readonly #device: GPUDevice;
  readonly #compiled = new Map<string, Promise<GPUComputePipeline>>();
  readonly #layouts = new Map<number, GPUBindGroupLayout>();

  constructor(device: GPUDevice) {
    this.#device = device;
    this.parametersLayout = device.createBindGroupLayout({
      entries: [{ binding: 0, visibility: COMPUTE, buffer: { type: "uniform", hasDynamicOffset: true } }],
    });
  }

  /** Of as many operands. */
  operandsLayout(operands: number): GPUBindGroupLayout {
    let layout = this.#layouts.get(operands);
    if (layout === undefined) {
      layout = this.#device.createBindGroupLayout({
        entries: Array.from({ length: operands }, (_, binding) => ({
          binding,
          visibility: COMPUTE,
          buffer: { type: "storage" as const },
        })),
      });
      this.#layouts.set(operands, layout);
    }
    return layout;
  }

  /** Asked for as soon as a kernel is known to be needed: several are compiled at a time, while more is recorded. */
  get(kernel: Kernel): Promise<GPUComputePipeline> {
    let pipeline = this.#compiled.get(kernel.name);
    if (pipeline === undefined) {
      pipeline = this.#compile(kernel);
      pipeline.catch(() => {}); // told where it is needed
      this.#compiled.set(kernel.name, pipeline);
    }
    return pipeline;
  }

  async #compile(kernel: Kernel): Promise<GPUComputePipeline> {
    const { name: label, operands } = kernel;
    try {
      return await this.#device.createComputePipelineAsync({
        label,
        layout: this.#device.createPipelineLayout({
          bindGroupLayouts: [this.operandsLayout(Object.keys(operands).length), this.parametersLayout],
        }),
        compute: { module: this.#device.createShaderModule({ label, code: sourceOf(kernel) }) },
      });
    } catch (error) {
      throw new EngineError("gpu-failed", `the kernel "${label}" was refused: ${error}`);
    }
  }
}
