import type { Clock } from "../core/clock.ts";
import { type Seconds, seconds } from "../core/units.ts";

/** The stream that a progress bar is drawn on, such as `process.stderr`. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A progress bar. */
export interface Progress {
  /** Reports the amount done so far, in the unit of the total. */
  reach(done: number): void;
  /** Clears the bar, so that it does not mix with the command's output. */
  end(): void;
}

/** Shortest interval between two redraws. */
const EVERY = seconds(0.1);

const WIPE = "\r\u001b[K";

/**
 * Creates a progress bar that draws on a terminal and nowhere else.
 * @param total amount to be done; if `undefined`, only the amount done is shown
 * @param show formats an amount
 */
export function createProgress(
  screen: Screen,
  clock: Clock,
  total: number | undefined,
  show: (amount: number) => string = String,
): Progress {
  if (screen.isTTY !== true) return { reach: () => {}, end: () => {} };
  const start = clock.monotonic();
  let last: Seconds | undefined;
  return {
    reach(done) {
      const now = clock.monotonic();
      if (last !== undefined && now - last < EVERY) return;
      last = now;
      const rate = now > start ? `  ${show(done / (now - start))}/s` : "";
      const amount = total === undefined ? show(done) : `${show(done)} of ${show(total)}`;
      const text = `  ${amount}${rate}`;
      const room = Math.min(40, (screen.columns ?? 80) - text.length - 8);
      screen.write(`${WIPE}${total === undefined || room < 4 ? "" : bar(done / total, room)}${text}`);
    },
    end() {
      if (last !== undefined) screen.write(WIPE);
    },
  };
}

function bar(share: number, width: number): string {
  const done = Math.min(1, Math.max(0, share));
  const full = Math.floor(done * width);
  return `[${"#".repeat(full)}${" ".repeat(width - full)}] ${String(Math.floor(done * 100)).padStart(3)}%`;
}

/** Formats a number of bytes in megabytes. */
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
