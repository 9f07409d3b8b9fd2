// Keeps an eye on every memory that is created; has to be loaded before whoever creates them.
const { Memory } = WebAssembly;
const memories = [];

WebAssembly.Memory = class extends Memory {
  constructor(descriptor) {
    super(descriptor);
    memories.push(new WeakRef(this));
  }
};

export const wasmBytes = () =>
  memories.reduce((sum, memory) => sum + (memory.deref()?.buffer.byteLength ?? 0), 0);
