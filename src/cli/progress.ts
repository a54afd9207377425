import type { Clock } from "../core/clock.ts";
import { type Seconds, seconds } from "../core/units.ts";

/** Where a progress bar is drawn; that of the process is `process.stderr`. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A bar that says how far a long command is. */
export interface Progress {
  /** Takes note of how much is done by now, in the unit of the total. */
  reach(done: number): void;
  /** Wipes the bar, so that nothing of it is left beside what the command prints. */
  end(): void;
}

/** Often enough to look alive, and seldom enough to cost nothing. */
const EVERY = seconds(0.1);

const WIPE = "\r\u001b[K";

/**
 * Draws a bar on a terminal, and nothing anywhere else.
 * @param total of what is to be done; `undefined` when nobody knows, which shows what was done
 * @param show turns an amount into a text for people
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
      const counted = total === undefined ? show(done) : `${show(done)} of ${show(total)}`;
      const text = `  ${counted}${rate}`;
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

/** Bytes as people read them. */
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
