/** What this JavaScript engine's WebAssembly can do. */
export interface EngineFeatures {
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
  readonly threads: boolean;
}

/** A module of one function `() → v128` whose body is `code`; valid only where the engine knows every instruction. */
const moduleReturningV128 = (...code: number[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // "\0asm", version 1
    ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b], // types: () → v128
    ...[0x03, 0x02, 0x01, 0x00], // functions: one, of type 0
    ...[0x0a, code.length + 4, 0x01, code.length + 2, 0x00, ...code, 0x0b], // code: no locals, `code`, end
  ]);

const SPLAT_ZERO = [0x41, 0x00, 0xfd, 0x0f]; // i32.const 0; i8x16.splat

/** (module (memory 1 1 shared)) */
const SHARED_MEMORY = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x05, 0x04, 0x01, 0x03, 0x01, 0x01],
]);

/** Asks the engine, by validating tiny modules; nothing is run and nothing is timed. */
export function probeFeatures(): EngineFeatures {
  return {
    simd: WebAssembly.validate(moduleReturningV128(...SPLAT_ZERO)),
    // i8x16.relaxed_swizzle
    relaxedSimd: WebAssembly.validate(moduleReturningV128(...SPLAT_ZERO, ...SPLAT_ZERO, 0xfd, 0x80, 0x02)),
    threads: WebAssembly.validate(SHARED_MEMORY) && typeof SharedArrayBuffer === "function",
  };
}
