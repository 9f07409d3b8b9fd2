import type { Activation, Buffer, CrfBuffers, Dropout, Offsets } from "./device.ts";
import type { Parameter, Tape, Tensor } from "./tape.ts";

/** x · weightᵀ + bias: x [rows, inputs], weight [outputs, inputs] → [rows, outputs] */
export function linear(tape: Tape, x: Tensor, weight: Parameter, bias: Parameter): Tensor {
  const { device } = tape;
  const out = tape.tensor(x.value.rows, weight.value.rows);
  device.matmul(x.value, weight.working, out.value, { transposeB: true, bias: bias.value });
  return tape.record(out, (gradient) => {
    device.matmul(gradient, x.value, weight.gradient, { transposeA: true, accumulate: true });
    device.addRows(gradient, bias.gradient);
    const xGradient = tape.values(x.value.rows, x.value.columns);
    device.matmul(gradient, weight.working, xGradient);
    tape.addGradient(x, xGradient);
  });
}

export function activate(tape: Tape, x: Tensor, activation: Activation): Tensor {
  const { rows, columns } = x.value;
  const out = tape.tensor(rows, columns);
  tape.device.activate(x.value, out.value, activation);
  return tape.record(out, (gradient) => {
    const xGradient = tape.values(rows, columns);
    tape.device.activateBackward(x.value, gradient, xGradient, activation);
    tape.addGradient(x, xGradient);
  });
}

/**
 * Turns x in place: nothing that comes before needs to know what it was.
 *
 * @param columns of a row that turn
 */
export function rotary(tape: Tape, x: Tensor, positions: Buffer, table: Buffer, columns: number): Tensor {
  tape.device.rotary(x.value, positions, table, columns, 1);
  return tape.record(x, (gradient) => {
    tape.device.rotary(gradient, positions, table, columns, -1);
  });
}

export function dropout(tape: Tape, x: Tensor, settings: Dropout): Tensor {
  if (settings.probability === 0) return x;
  const { rows, columns } = x.value;
  const out = tape.tensor(rows, columns);
  tape.device.dropout(x.value, out.value, settings);
  return tape.record(out, (gradient) => {
    const xGradient = tape.values(rows, columns);
    tape.device.dropout(gradient, xGradient, settings);
    tape.addGradient(x, xGradient);
  });
}

export function add(tape: Tape, x: Tensor, y: Tensor): Tensor {
  const out = tape.tensor(x.value.rows, x.value.columns);
  tape.device.add(x.value, y.value, out.value);
  return tape.record(out, (gradient) => {
    tape.addGradient(x, gradient);
    tape.addGradient(y, gradient);
  });
}

export function layerNorm(tape: Tape, x: Tensor, gamma: Parameter, beta: Parameter, epsilon: number): Tensor {
  const { device } = tape;
  const { rows, columns } = x.value;
  const out = tape.tensor(rows, columns);
  const statistics = device.temporary(rows, 2);
  device.layerNorm(x.value, gamma.value, beta.value, out.value, statistics, epsilon);
  return tape.record(out, (gradient) => {
    device.layerNormParametersBackward(x.value, statistics, gradient, gamma.gradient, beta.gradient);
    const xGradient = tape.values(rows, columns);
    device.layerNormBackward(x.value, gamma.value, statistics, gradient, xGradient);
    tape.addGradient(x, xGradient);
  });
}

/** The sum of one row of each table for every token: all ids are as many. */
export function embed(
  tape: Tape,
  lookups: readonly { readonly ids: Buffer; readonly table: Parameter }[],
): Tensor {
  const { device } = tape;
  const { ids, table } = lookups[0]!;
  const out = tape.tensor(ids.columns, table.value.columns);
  lookups.forEach(({ ids, table }, i) => {
    device.gather(ids, table.value, out.value, i > 0);
  });
  return tape.record(out, (gradient) => {
    for (const { ids, table } of lookups) device.gatherBackward(ids, gradient, table.gradient);
  });
}

/** Some rows of x, by their indices. */
export function takeRows(tape: Tape, x: Tensor, rows: Buffer): Tensor {
  const { device } = tape;
  const out = tape.tensor(rows.columns, x.value.columns);
  device.gather(rows, x.value, out.value);
  return tape.record(out, (gradient) => {
    const xGradient = tape.values(x.value.rows, x.value.columns);
    device.fill(xGradient, 0);
    device.gatherBackward(rows, gradient, xGradient);
    tape.addGradient(x, xGradient);
  });
}

/** queryKeyValue [tokens, 3 · hidden] → context [tokens, hidden] */
export function attention(
  tape: Tape,
  queryKeyValue: Tensor,
  offsets: Offsets,
  heads: number,
  dropout: Dropout,
): Tensor {
  const { device } = tape;
  const { rows, columns } = queryKeyValue.value;
  const context = tape.tensor(rows, columns / 3);
  const kept = device.attention(queryKeyValue.value, context.value, offsets, heads, dropout);
  return tape.record(context, (gradient) => {
    const back = tape.values(rows, columns);
    const [x, out] = [queryKeyValue.value, context.value];
    device.attentionBackward(x, out, kept, gradient, back, offsets, heads, dropout);
    tape.addGradient(queryKeyValue, back);
  });
}

/** Of a GRU, what one direction multiplies h with. */
export interface GruDirection {
  /** The inputs' part in the gates, [tokens, 3 · size]. */
  readonly inputs: Tensor;
  readonly weight: Parameter;
  readonly bias: Parameter;
}

/** A layer of gated recurrent units in both directions: [tokens, 2 · size], the forward one's h left of the other's */
export function bidirectionalGru(
  tape: Tape,
  directions: readonly [forward: GruDirection, backward: GruDirection],
  offsets: Offsets,
): Tensor {
  const { device } = tape;
  const { rows, columns } = directions[0].inputs.value;
  const out = tape.tensor(rows, (2 * columns) / 3);
  const kept = directions.map(({ inputs, weight, bias }, i) =>
    device.gru(inputs.value, weight.value, bias.value, out.value, offsets, i === 1),
  );
  return tape.record(out, (gradient) => {
    directions.forEach(({ inputs, weight, bias }, i) => {
      const back = device.temporary(rows, columns);
      const gradients = [back, weight.gradient, bias.gradient] as const;
      device.gruBackward(weight.value, out.value, kept[i]!, gradient, ...gradients, offsets, i === 1);
      tape.addGradient(inputs, back);
    });
  });
}

/** @param scale of the gradient, as the loss is weighed @returns the sum of the losses, [1, 1] */
export function crossEntropy(tape: Tape, logits: Tensor, labels: Buffer, scale: number): Buffer {
  const gradient = tape.device.temporary(logits.value.rows, logits.value.columns);
  const loss = tape.device.temporary(1, 1);
  tape.device.crossEntropy(logits.value, labels, scale, gradient, loss);
  tape.addGradient(logits, gradient);
  return loss;
}

/** As {@link crossEntropy}, of labels 1 and 0 by one logit in each row. */
export function binaryCrossEntropy(tape: Tape, logits: Tensor, labels: Buffer, scale: number): Buffer {
  const gradient = tape.device.temporary(logits.value.rows, logits.value.columns);
  const loss = tape.device.temporary(1, 1);
  tape.device.binaryCrossEntropy(logits.value, labels, scale, gradient, loss);
  tape.addGradient(logits, gradient);
  return loss;
}

/** As {@link crossEntropy}, of whole sequences of labels under a CRF. */
export function crfLoss(
  tape: Tape,
  emissions: Tensor,
  labels: Buffer,
  offsets: Offsets,
  crf: { readonly start: Parameter; readonly transitions: Parameter; readonly end: Parameter },
  scale: number,
): Buffer {
  const gradient = tape.device.temporary(emissions.value.rows, emissions.value.columns);
  const of = (part: "value" | "gradient"): CrfBuffers => ({
    start: crf.start[part],
    transitions: crf.transitions[part],
    end: crf.end[part],
  });
  const loss = tape.device.temporary(1, 1);
  tape.device.crfLoss(emissions.value, labels, offsets, of("value"), scale, gradient, of("gradient"), loss);
  tape.addGradient(emissions, gradient);
  return loss;
}
