import { onNewest } from "./calls.ts";
import { byId, whenInSight } from "./elements.ts";
import type { Attention } from "./inference-worker.ts";
import { formatPercent, language, text } from "./language.ts";
import { bindModelList, type Tagging } from "./models.ts";
import { bindField } from "./shared.ts";

/** What is drawn of a text at most, in characters. */
const LONGEST = 60;
const CELL = 14;
const MARGIN = 24;

/** Every head of every layer as a picture, and one of them large. */
export function startAttention(tagging: Tagging, theme: { onChange(listener: () => void): void }): void {
  const { model, worker, ownVersion } = tagging;
  const heads = byId("heads");
  const picture = byId<HTMLCanvasElement>("head");
  const strip = byId("attention-text");
  const status = byId("attention-status");
  bindField(byId<HTMLInputElement>("attention-input"), tagging.text);
  bindModelList(byId("attention-model"), tagging);

  let attention: Attention | undefined;
  let [layer, head, from] = [0, 0, 1];

  const weight = (of: number, to: number): number => {
    const { tokens, layers } = attention!;
    return layers[layer]![(head * tokens.length + of) * tokens.length + to]!;
  };
  const headName = (layer: number, head: number) => text("headName", { layer: layer + 1, head: head + 1 });

  const showHeads = () => {
    if (attention === undefined) return;
    const { layers, tokens, heads: count } = attention;
    const rows = layers.map((weights, l) => {
      const row = document.createElement("div");
      row.className = "head-row";
      const name = document.createElement("span");
      name.className = "quiet";
      name.textContent = text("layerName", { layer: l + 1 });
      const buttons = Array.from({ length: count }, (_, h) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "head-button";
        button.setAttribute("aria-label", headName(l, h));
        button.setAttribute("aria-pressed", String(l === layer && h === head));
        const canvas = document.createElement("canvas");
        canvas.width = canvas.height = tokens.length;
        drawWeights(canvas, weights.subarray(h * tokens.length ** 2, (h + 1) * tokens.length ** 2), 1, 0);
        button.append(canvas);
        button.addEventListener("click", () => {
          [layer, head] = [l, h];
          for (const other of heads.querySelectorAll("button"))
            other.setAttribute("aria-pressed", String(other === button));
          showHead();
        });
        return button;
      });
      row.append(name, ...buttons);
      return row;
    });
    heads.replaceChildren(...rows);
  };

  const showHead = () => {
    if (attention === undefined) return;
    const { layers, tokens } = attention;
    const size = tokens.length;
    byId("head-name").textContent = headName(layer, head);
    // Sharp on screens of several pixels a pixel.
    const scale = Math.min(3, devicePixelRatio || 1);
    const side = MARGIN + size * CELL;
    picture.width = picture.height = side * scale;
    picture.style.width = picture.style.height = `${side}px`;
    picture.setAttribute(
      "aria-label",
      text("headDescription", { head: headName(layer, head), tokens: size }),
    );
    const context = picture.getContext("2d")!;
    context.scale(scale, scale);
    context.font = `${CELL - 2}px sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const style = getComputedStyle(picture);
    for (const [i, token] of tokens.entries()) {
      context.fillStyle = style.getPropertyValue(i === from ? "--hot" : "--quiet-rgb");
      const [shown, middle] = [token.startsWith("[") ? "·" : token, MARGIN + (i + 0.5) * CELL];
      context.fillText(shown, middle, MARGIN / 2);
      context.fillText(shown, MARGIN / 2, middle);
    }
    drawWeights(picture, layers[layer]!.subarray(head * size * size, (head + 1) * size * size), CELL, MARGIN);
    context.strokeStyle = style.getPropertyValue("--hot");
    context.strokeRect(MARGIN, MARGIN + from * CELL, size * CELL, CELL);
    showStrip();
  };

  const showStrip = () => {
    const { tokens } = attention!;
    const largest = Math.max(...tokens.map((_, to) => weight(from, to)));
    strip.replaceChildren(
      ...tokens.map((token, to) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "token";
        button.textContent = token;
        button.style.setProperty("--score", (weight(from, to) / largest).toFixed(3));
        button.setAttribute("aria-pressed", String(to === from));
        button.title = formatPercent(weight(from, to));
        button.addEventListener("click", () => {
          from = to;
          showHead();
          strip.querySelectorAll("button")[to]?.focus();
        });
        return button;
      }),
    );
    const looks = tokens
      .map((token, to) => ({ token, share: weight(from, to) }))
      .sort((a, b) => b.share - a.share)
      .slice(0, 3)
      .map(({ token, share }) => `“${token}” (${formatPercent(share)})`);
    byId("attention-words").textContent = text("looksAt", {
      token: tokens[from]!,
      others: looks.join(text("comma")),
    });
  };

  const show = () => {
    showHeads();
    showHead();
  };
  const compute = onNewest(async (input: string) => {
    if (!sight.isInSight()) return;
    try {
      attention = await worker.attention(model.value, input);
      const { layers, heads: count, tokens } = attention;
      layer = Math.min(layer, layers.length - 1);
      head = Math.min(head, count - 1);
      from = Math.min(from, tokens.length - 1);
      status.textContent = "";
      show();
    } catch (error) {
      status.textContent = text("failed", { what: (error as Error).message });
    }
  });
  const refresh = () => compute([...tagging.text.value].slice(0, LONGEST).join(""));
  const sight = whenInSight(byId("section-attention"), refresh);
  for (const changing of [tagging.text, model, ownVersion]) {
    (changing as { onChange(listener: () => void): void }).onChange(refresh);
  }
  language.onChange(show);
  theme.onChange(show);

  const choose = ({ offsetY, offsetX }: MouseEvent) => {
    if (attention === undefined || offsetX < 0) return;
    const row = Math.floor((offsetY - MARGIN) / CELL);
    if (row < 0 || row >= attention.tokens.length || row === from) return;
    from = row;
    showHead();
  };
  picture.addEventListener("mousemove", choose);
  picture.addEventListener("click", choose);
}

/** Draws a square of weights, darker the heavier; a row's heaviest is as dark as it gets. */
function drawWeights(canvas: HTMLCanvasElement, weights: Float32Array, cell: number, margin: number): void {
  const context = canvas.getContext("2d")!;
  const size = Math.round(Math.sqrt(weights.length));
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--heat");
  for (let row = 0; row < size; row++) {
    const of = weights.subarray(row * size, (row + 1) * size);
    const largest = of.reduce((most, weight) => Math.max(most, weight), 1e-9);
    for (let column = 0; column < size; column++) {
      context.globalAlpha = (of[column]! / largest) ** 0.7;
      context.fillRect(margin + column * cell, margin + row * cell, cell, cell);
    }
  }
  context.globalAlpha = 1;
}
