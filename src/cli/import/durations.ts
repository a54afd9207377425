/** Formats seconds as a Prometheus duration, in whole milliseconds. */
export function durationOf(seconds: number): string;
export function durationOf(seconds: number | undefined): string | undefined;
export function durationOf(seconds: number | undefined): string | undefined {
  if (seconds === undefined) return undefined;
  if (!Number.isInteger(seconds)) return `${Math.max(1, Math.round(seconds * 1000))}ms`;
  for (const [unit, length] of [
    ["d", 86_400],
    ["h", 3600],
    ["m", 60],
  ] as const) {
    if (seconds >= length && seconds % length === 0) return `${seconds / length}${unit}`;
  }
  return `${seconds}s`;
}
