const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** 12,345 */
export function count(value: number): string {
  return whole.format(value);
}

/** 12.3K; small numbers as they are. */
export function short(value: number): string {
  return Math.abs(value) < 10_000 ? whole.format(value) : compact.format(value);
}

/** A rate: 0, 0.4, 12, 3.4K. */
export function rate(value: number): string {
  if (value === 0) return "0";
  if (value < 10) return value.toFixed(1);
  return short(value);
}

const UNITS = ["B", "KB", "MB", "GB", "TB", "PB"] as const;

/** Bytes in powers of 1,000. */
export function bytes(value: number): string {
  let unit = 0;
  let left = value;
  while (Math.abs(left) >= 1000 && unit < UNITS.length - 1) {
    left /= 1000;
    unit++;
  }
  const digits = unit === 0 || Math.abs(left) >= 100 ? 0 : 1;
  return `${left.toFixed(digits)} ${UNITS[unit] ?? "B"}`;
}

const STEPS: readonly (readonly [unit: string, ms: number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
];

/** 3 d 4 h, 12 s, 40 ms. */
export function duration(ms: number): string {
  for (const [index, [unit, step]] of STEPS.entries()) {
    if (ms < step) continue;
    const wholeUnits = Math.floor(ms / step);
    const next = STEPS[index + 1];
    const rest = next === undefined ? 0 : Math.floor((ms - wholeUnits * step) / next[1]);
    return rest === 0 || next === undefined
      ? `${wholeUnits} ${unit}`
      : `${wholeUnits} ${unit} ${rest} ${next[0]}`;
  }
  return `${Math.round(ms)} ms`;
}

/** 3 d, 4 h, 12 s. */
export function roughly(ms: number): string {
  const [amount = "", unit = ""] = duration(ms).split(" ");
  return `${amount} ${unit}`;
}

/** 0.42 ms, 12 ms, 1.2 s. */
export function milliseconds(ms: number): string {
  if (ms >= 1000) return `${Number((ms / 1000).toPrecision(2))} s`;
  return `${ms < 100 ? Number(ms.toPrecision(2)) : Math.round(ms)} ms`;
}

/** What a setting of milliseconds says; −1 has no end. */
export function retention(ms: number): string {
  return ms < 0 ? "for ever" : duration(ms);
}

const clockTime = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});

/** 2026-11-27, in the time zone of the browser. */
function day(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** 14:03:22.417 today, 2026-11-27 14:03:22 on other days. */
export function time(ms: number): string {
  if (ms < 0) return "no time";
  const at = new Date(ms);
  return at.toDateString() === new Date().toDateString()
    ? clockTime.format(at)
    : fullTime(ms).slice(0, -4);
}

/** 2026-11-27 14:03:22.417 */
export function fullTime(ms: number): string {
  if (ms < 0) return "no time";
  const at = new Date(ms);
  return `${day(at)} ${clockTime.format(at)}`;
}

/** 14:03, or 14:03:22 where seconds are told apart. */
export function axisTime(ms: number, hasSeconds: boolean): string {
  return clockTime.format(new Date(ms)).slice(0, hasSeconds ? 8 : 5);
}

/** What a setting of milliseconds or bytes says to a person; nothing for other settings. */
export function settingText(name: string, value: string): string | undefined {
  const amount = Number(value);
  if (value === "" || !Number.isFinite(amount) || amount < 0) return undefined;
  if (amount >= Number.MAX_SAFE_INTEGER) return "no limit";
  if (/(?:^|\.)ms$/.test(name) && amount >= 1000) return duration(amount);
  return /(?:^|\.)bytes$/.test(name) && amount >= 1000 ? bytes(amount) : undefined;
}

/** "now", "12 s ago". */
export function ago(ms: number, nowMs: number): string {
  const passed = nowMs - ms;
  return passed < 1500 ? "now" : `${duration(passed)} ago`;
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
