/** Reads times without a zone in every hour of a year, in each zone of the arguments as `TZ`, and prints those misread. */
import { timestamp } from "../../../src/core/units.ts";
import { findTime } from "../../../src/probers/heartbeat-log/times.ts";

const two = (n: number): string => String(n).padStart(2, "0");

/** Formats a time as a program without a zone in its log does. */
const shown = (at: Date): string =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;

const misread: Record<string, readonly string[]> = {};
for (const zone of process.argv.slice(2)) {
  process.env["TZ"] = zone;
  const wrong: string[] = [];
  for (let ms = Date.UTC(2026, 0, 1, 0, 29); ms < Date.UTC(2027, 0, 2); ms += 3_600_000) {
    const text = shown(new Date(ms));
    if (findTime(text, "local", timestamp(ms / 1000)) !== ms / 1000) wrong.push(text);
  }
  misread[zone] = wrong;
}
console.log(JSON.stringify(misread));
