import type { WaybillRandom } from "./random.ts";

const MOBILE_PREFIXES =
  "130 131 132 133 134 135 136 137 138 139 145 147 149 150 151 152 153 155 156 157 158 159 162 165 166 167 170 171 172 173 174 175 176 177 178 180 181 182 183 184 185 186 187 188 189 190 191 193 195 196 197 198 199".split(
    " ",
  );

/** Eleven digits. */
export function mobile(random: WaybillRandom): string {
  return random.pick(MOBILE_PREFIXES) + random.digits(8);
}

/** A number as people write it down when no form holds them to eleven digits. */
export function writtenPhone(random: WaybillRandom): string {
  const number = random.weighted<() => string>([
    [62, () => mobile(random)],
    [8, () => grouped(mobile(random), random)],
    [6, () => random.pick(["+86", "86-", "+86 ", "+86-", "0086", "86"]) + mobile(random)],
    [18, () => landline(random)],
    [2, () => `${random.pick(["400", "800"])}-${random.digits(3)}-${random.digits(4)}`],
    [2, () => random.between(2, 9) + random.digits(random.between(6, 7))],
    [2, () => mobile(random).replace(/^(\d{3})\d{4}/, "$1****")],
  ])();
  return random.chance(0.05) ? fullWidth(number) : number;
}

function grouped(number: string, random: WaybillRandom): string {
  const separator = random.pick([" ", "-", " ", "-", "–", "."]);
  return [number.slice(0, 3), number.slice(3, 7), number.slice(7)].join(separator);
}

function landline(random: WaybillRandom): string {
  const area = `0${random.chance(0.25) ? random.pick(["10", "20", "21", "22", "23", "24", "25", "27", "28", "29"]) : random.digits(3)}`;
  const local = random.between(2, 9) + random.digits(random.between(6, 7));
  const extension = random.chance(0.06) ? random.pick(["-", "转"]) + random.between(1, 8999) : "";
  return (
    random.weighted([
      [12, `${area}-${local}`],
      [2, `${area}${local}`],
      [1, `(${area})${local}`],
      [1, `${area} ${local}`],
      [1, `${area}—${local}`],
    ]) + extension
  );
}

/** ASCII in the full-width form that Chinese input methods write. */
export function fullWidth(text: string): string {
  return text.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0));
}
