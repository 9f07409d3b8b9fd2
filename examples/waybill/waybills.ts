import { type FieldKind, fieldWord, remark, separator } from "./field-words.ts";
import type { Part } from "./parts.ts";
import { person } from "./persons.ts";
import { fullWidth, mobile, writtenPhone } from "./phones.ts";
import type { WaybillRandom } from "./random.ts";
import { region } from "./regions.ts";
import { street } from "./streets.ts";
import { createWorld, type World } from "./world.ts";

/** Half of the waybills run their fields together; in the other half people write as they like. */
const GLUED = 0.5;

/** The address, in one piece, and person and telephone before and after it in any order. */
const ORDERS: readonly (readonly FieldKind[])[] = [
  ["person", "phone", "address"],
  ["person", "address", "phone"],
  ["phone", "person", "address"],
  ["phone", "address", "person"],
  ["address", "person", "phone"],
  ["address", "phone", "person"],
];

/** Made-up waybills without end. */
export function* waybills(seed: number): Generator<Part[]> {
  const world = createWorld(seed);
  while (true) yield merged(world.random.chance(GLUED) ? glued(world) : written(world));
}

/** As a form joins its columns: nothing between the fields, half-width and lower case. */
function glued(world: World): Part[] {
  const { random } = world;
  const parts = random.pick(ORDERS).flatMap((field) => {
    if (field === "person") return [{ label: "P", text: person(world) } as const];
    if (field === "phone") return [{ label: "T", text: mobile(random) } as const];
    return address(world, false);
  });
  return parts.map(({ label, text }) => ({ label, text: text.toLowerCase().replaceAll("，", ",") }));
}

/** As people write: field words, separators, spaces, omissions. */
function written(world: World): Part[] {
  const { random } = world;
  const style: Style = {
    fieldWords: random.pick([0, 0.5, 1]),
    separators: random.pick([0.35, 1, 1]),
    colon: random.pick(["：", ":", "： ", ": ", " ", "", "是"]),
    separator: separator(world),
    spaced: random.chance(0.12) ? random.pick([" ", " ", "-", "/", "  "]) : "",
  };
  const order = random.chance(0.92)
    ? random.pick(ORDERS)
    : random.pick(ORDERS).slice(0, random.between(1, 2));
  const parts: Part[] = [];
  for (const field of order) {
    if (parts.length > 0 && random.chance(style.separators)) {
      parts.push({ label: "O", text: random.chance(0.75) ? style.separator : separator(world) });
    }
    parts.push(...writtenField(world, field, style));
  }
  if (random.chance(0.05))
    parts.push({ label: "O", text: separator(world) }, { label: "O", text: remark(world) });
  if (random.chance(0.03))
    parts.unshift({ label: "O", text: remark(world) }, { label: "O", text: separator(world) });
  return random.chance(0.04) ? parts.map(({ label, text }) => ({ label, text: fullWidth(text) })) : parts;
}

interface Style {
  /** How often a field has a word before it, a separator after it. */
  readonly fieldWords: number;
  readonly separators: number;
  /** Between the field word and the field. */
  readonly colon: string;
  readonly separator: string;
  /** Between the parts of an address. */
  readonly spaced: string;
}

function writtenField(world: World, field: FieldKind, style: Style): Part[] {
  const { random } = world;
  const word: Part[] = random.chance(style.fieldWords)
    ? [{ label: "O", text: fieldWord(world, field, style.colon) }]
    : [];
  if (field === "phone") {
    const second: Part[] = random.chance(0.02)
      ? [
          { label: "O", text: random.pick(["/", " ", ",", "，", "或", "、"]) },
          { label: "T", text: writtenPhone(random) },
        ]
      : [];
    return [...word, { label: "T", text: writtenPhone(random) }, ...second];
  }
  if (field === "address") return [...word, ...spaced(address(world, true), style.spaced, random)];
  const after: Part[] = random.chance(0.05)
    ? [
        {
          label: "O",
          text: random.pick(["(收)", "（收）", " 收", "  收", " 亲收", "(收件人)", "（本人收）", " 先生收"]),
        },
      ]
    : [];
  return [...word, { label: "P", text: person(world) }, ...after];
}

function address(world: World, free: boolean): Part[] {
  const place = world.random.pick(world.random.chance(0.25) ? world.districts : world.mainland);
  const parts = region(world, place, { free });
  const below = street(world, place);
  return free && world.random.chance(0.01) ? parts : [...parts, { label: "A4", text: below }];
}

function spaced(parts: readonly Part[], between: string, random: WaybillRandom): Part[] {
  if (between === "") return [...parts];
  return parts.flatMap((part, i) =>
    i > 0 && random.chance(0.9) ? [{ label: "O", text: between } as const, part] : [part],
  );
}

/** Neighbouring parts that are no field are one. */
function merged(parts: readonly Part[]): Part[] {
  const whole: Part[] = [];
  for (const part of parts) {
    const last = whole.at(-1);
    if (last?.label === "O" && part.label === "O") {
      whole[whole.length - 1] = { label: "O", text: last.text + part.text };
    } else if (part.text !== "") {
      whole.push(part);
    }
  }
  return whole;
}
