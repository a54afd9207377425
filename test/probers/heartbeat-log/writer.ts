/**
 * Writes 20,000 lines per second, every hundredth of them a heartbeat, in blocks that may end inside a line, like buffered
 * output. SIGHUP makes it reopen its log. SIGTERM ends it: it prints the number of lines and heartbeats written.
 */
import { closeSync, openSync, writeSync } from "node:fs";

const PER_SECOND = 20_000;
const BEAT_EVERY = 100;
const BLOCK = 4096;

const [file = ""] = process.argv.slice(2);
let descriptor = openSync(file, "a");
let waiting = Buffer.alloc(0);
let lines = 0;
const start = performance.now();

const flush = (least: number): void => {
  while (waiting.length >= least && waiting.length > 0)
    waiting = waiting.subarray(writeSync(descriptor, waiting, 0, Math.min(BLOCK, waiting.length)));
};

process.on("SIGHUP", () => {
  flush(1);
  const old = descriptor;
  descriptor = openSync(file, "a");
  closeSync(old);
});

const line = (i: number): string => {
  const fields =
    i % BEAT_EVERY === 0
      ? { event: "💓 HEARTBEAT - System Statistics", heartbeat_count: i / BEAT_EVERY, interval_seconds: 60 }
      : { event: "processed message", symbol: "BTCUSDT", i };
  return `${JSON.stringify({ ...fields, timestamp: new Date().toISOString() })}\n`;
};

const write = (): void => {
  const due = Math.floor(((performance.now() - start) / 1000) * PER_SECOND);
  const added: string[] = [];
  while (lines < due) added.push(line((lines += 1)));
  waiting = Buffer.concat([waiting, Buffer.from(added.join(""))]);
  flush(BLOCK);
};
const timer = setInterval(write, 5);

process.on("SIGTERM", () => {
  clearInterval(timer);
  flush(1);
  console.log(JSON.stringify({ lines, beats: Math.floor(lines / BEAT_EVERY) }));
  process.exit();
});
console.log("writing");
