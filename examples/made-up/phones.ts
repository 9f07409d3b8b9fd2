import type { Random } from "./random.ts";

/** The first three digits that mobile operators have been given. */
const MOBILE_PREFIXES =
  "130 131 132 133 134 135 136 137 138 139 145 147 149 150 151 152 153 155 156 157 158 159 162 165 166 167 170 171 172 173 175 176 177 178 180 181 182 183 184 185 186 187 188 189 190 191 192 193 195 196 197 198 199".split(
    " ",
  );
const AREA_CODES =
  "010 020 021 022 023 024 025 027 028 029 0311 0316 0351 0371 0379 0411 0431 0451 0471 0510 0512 0513 0516 0531 0532 0535 0551 0553 0571 0574 0577 0579 0591 0592 0595 0663 0668 0711 0716 0731 0735 0750 0754 0755 0757 0760 0769 0771 0773 0791 0797 0816 0838 0851 0871 0898 0931 0951 0971 0991".split(
    " ",
  );

/** Eleven digits. */
export function mobileDigits(random: Random): string {
  return random.pick(MOBILE_PREFIXES) + random.digits(8);
}

function grouped(digits: string, separator: string): string {
  return [digits.slice(0, 3), digits.slice(3, 7), digits.slice(7)].join(separator);
}

/** A mobile number as people write it: bare, grouped, with the country's code. */
export function mobilePhone(random: Random): string {
  const digits = mobileDigits(random);
  const body = random.weighted([
    [74, digits],
    [11, grouped(digits, "-")],
    [9, grouped(digits, " ")],
    [2, [digits.slice(0, 4), digits.slice(4, 7), digits.slice(7)].join(random.pick("- "))],
    [2, [digits.slice(0, 3), digits.slice(3, 6), digits.slice(6)].join(random.pick("- "))],
  ]);
  const country = random.weighted([
    [88, ""],
    [4, "+86"],
    [3, "+86 "],
    [2, "+86-"],
    [1, "86-"],
    [1, "(+86)"],
    [1, "0086"],
  ]);
  return country + body;
}

/** Seven or eight digits of a landline; the first is never 0, 1 or 9. */
export function landlineDigits(random: Random, areaCode: string): string {
  return random.pick("2345678") + random.digits(areaCode.length === 3 ? 7 : random.between(6, 7));
}

const EXTENSIONS = ["转", "-", "转分机", " 转 ", "－", "转", " ext.", "分机"] as const;

export function landlinePhone(random: Random): string {
  const areaCode = random.pick(AREA_CODES);
  const number = landlineDigits(random, areaCode);
  const spaced = random.chance(0.1) ? `${number.slice(0, -4)} ${number.slice(-4)}` : number;
  const body = random.weighted([
    [52, `${areaCode}-${spaced}`],
    [10, `${areaCode}${number}`],
    [6, `${areaCode} ${spaced}`],
    [5, `(${areaCode})${spaced}`],
    [5, `（${areaCode}）${spaced}`],
    [4, `${areaCode}—${number}`],
    [5, `+86-${areaCode.slice(1)}-${number}`],
    [2, `+86 ${areaCode.slice(1)} ${spaced}`],
    [11, number],
  ]);
  return random.chance(0.15) ? body + random.pick(EXTENSIONS) + random.digits(random.between(3, 4)) : body;
}

/** A number of companies that callers pay little or nothing for. */
export function servicePhone(random: Random): string {
  const start = random.weighted([
    [7, "400"],
    [3, "800"],
  ]);
  const rest = random.digits(7);
  return random.weighted([
    [5, `${start}-${rest.slice(0, 3)}-${rest.slice(3)}`],
    [3, start + rest],
    [2, `${start}-${rest.slice(0, 4)}-${rest.slice(4)}`],
    [1, `${start} ${rest.slice(0, 3)} ${rest.slice(3)}`],
    [1, `${start}-${rest}`],
  ]);
}

/** ASCII digits as their full-width forms. */
export function fullWidthDigits(text: string): string {
  return text.replace(/[0-9]/gu, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));
}

/** Any phone number, as running text has them. */
export function phoneNumber(random: Random): string {
  const number = random.make([
    [64, mobilePhone],
    [28, landlinePhone],
    [8, servicePhone],
  ]);
  return random.chance(0.03) ? fullWidthDigits(number) : number;
}
