/**
 * Every error this library throws on purpose. Each carries a `code`, one per broken rule, for programs to test,
 * and a message that names the file, tensor, line or option, what was expected and what came, for people to read.
 */
export abstract class ElectraEdgeError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

export type ModelFileErrorCode =
  | "unreadable"
  | "truncated"
  | "trailing-bytes"
  | "header-too-large"
  | "header-malformed"
  | "duplicate-key"
  | "metadata-malformed"
  | "not-a-model"
  | "unsupported-version"
  | "unknown-dtype"
  | "bad-shape"
  | "bad-offsets"
  | "bad-value"
  | "tensor-missing"
  | "tensor-surplus"
  | "tensor-shape"
  | "labels-mismatch"
  | "config-malformed"
  | "tokenizer-malformed"
  | "too-large"
  | "integrity"
  | "no-answer"
  | "wrong-answer";

/** A model file, or the safetensors file it is, breaks a rule of `docs/format.md`. */
export class ModelFileError extends ElectraEdgeError {
  override readonly code: ModelFileErrorCode;
  /** The path, URL or kind of source, as the user named it. */
  readonly source: string;
  readonly tensor: string | undefined;

  constructor(code: ModelFileErrorCode, source: string, detail: string, tensor?: string) {
    super(`${source}: ${tensor === undefined ? "" : `tensor "${tensor}": `}${detail}`);
    this.code = code;
    this.source = source;
    this.tensor = tensor;
  }
}

export type ConvertErrorCode =
  | "file-missing"
  | "unreadable"
  | "unwritable"
  | "config-malformed"
  | "unsupported"
  | "tokenizer-malformed"
  | "zip-malformed"
  | "pickle-malformed"
  | "pickle-forbidden"
  | "checkpoint-malformed"
  | "tensor-missing"
  | "tensor-surplus"
  | "tensor-shape"
  | "labels-mismatch";

/** A checkpoint that can't be converted; `file` is the one at fault. */
export class ConvertError extends ElectraEdgeError {
  override readonly code: ConvertErrorCode;
  readonly file: string;

  constructor(code: ConvertErrorCode, file: string, detail: string, options?: ErrorOptions) {
    super(`${file}: ${detail}`, options);
    this.code = code;
    this.file = file;
  }
}

export type InputErrorCode =
  | "not-a-string"
  | "lone-surrogate"
  | "text-too-long"
  | "no-mask"
  | "bad-option"
  | "no-path"
  | "not-finite";

/** What the caller handed to a pipeline can't be used. */
export class InputError extends ElectraEdgeError {
  override readonly code: InputErrorCode;

  constructor(code: InputErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A data set that can't be read; `line` counts from 1. */
export class DataError extends ElectraEdgeError {
  override readonly code = "data-malformed";
  readonly file: string;
  readonly line: number | undefined;

  constructor(file: string, line: number | undefined, detail: string) {
    super(`${file}${line === undefined ? "" : `:${line}`}: ${detail}`);
    this.file = file;
    this.line = line;
  }
}

/** A model or pipeline was used after `dispose()`. */
export class DisposedError extends ElectraEdgeError {
  override readonly code = "disposed";

  constructor(what: string) {
    super(`this ${what} was disposed of; load it again to use it`);
  }
}

export type EngineErrorCode =
  | "no-simd"
  | "wrong-answer"
  | "out-of-memory"
  | "thread-failed"
  | "no-webgpu"
  | "device-lost"
  | "gpu-failed";

/** This JavaScript engine, or its GPU, can't run the kernels, or runs them wrongly. */
export class EngineError extends ElectraEdgeError {
  override readonly code: EngineErrorCode;

  constructor(code: EngineErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export type TrainingErrorCode = "diverged" | "interrupted" | "bad-run";

/** A training run that can't go on. */
export class TrainingError extends ElectraEdgeError {
  override readonly code: TrainingErrorCode;

  constructor(code: TrainingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
