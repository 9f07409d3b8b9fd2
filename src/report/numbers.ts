const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const formatCount = (count: number): string => grouped.format(count);

/** `1 text`, `2 texts` */
export const formatNumberOf = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;

const UNITS = ["B", "kB", "MB", "GB"] as const;

/** Decimal units, three digits: `812 B`, `8.03 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${UNITS[unit]}`;
}

/** `0.42 s`, `12 s`, `2 min 5 s` */
export function formatSeconds(seconds: number): string {
  if (seconds < 59.5) return `${Number(seconds.toPrecision(2))} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** So many a second, two digits or a whole number: `0.42`, `8.3`, `213`. */
export function formatRate(count: number, seconds: number): string {
  const rate = count / Math.max(seconds, 1e-9);
  return rate < 10 ? rate.toPrecision(2) : formatCount(rate);
}
