/** How good a word of a report is. The word alone carries the meaning. */
export type Tone = "good" | "bad" | "unsure";

const TONES: Readonly<Record<string, Tone>> = {
  healthy: "good",
  met: "good",
  unhealthy: "bad",
  missed: "bad",
  critical: "bad",
  firing: "bad",
  degraded: "unsure",
  unknown: "unsure",
  warning: "unsure",
};

const COLUMNS: ReadonlySet<string> = new Set(["current_status", "result", "severity", "resolved_at"]);

/** Returns the tone of a cell; `undefined` for one without. */
export const toneOf = (column: string, text: string): Tone | undefined =>
  COLUMNS.has(column) ? TONES[text] : undefined;
