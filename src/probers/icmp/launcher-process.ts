/**
 * The process that starts `ping` for the exporter. To start a process, the kernel copies the page tables of the one that starts
 * it, which stops the exporter for some milliseconds each time; this one is small. It reads `LauncherMessage`s and ends with the
 * exporter.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { LauncherMessage, LauncherReply, PingEnd, StartMessage } from "./launcher-messages.ts";

/** Most processes at once. The exporter limits its probes; this bounds what a machine that ends none of them can pile up. */
const MOST_PROCESSES = 1000;

/** Longest output of one process, in bytes. One that prints more is killed. */
const LONGEST_OUTPUT = 65_536;

/** Time in milliseconds that `ping` has to print its statistics when it is stopped, before it is killed. */
const GRACE = 200;

/** Runs that have not begun, in their order. */
const waiting = new Map<number, StartMessage>();
const running = new Map<number, ChildProcess>();
let isStarting = false;

process.on("message", (message: LauncherMessage) => {
  if (message.kind === "start") {
    waiting.set(message.id, message);
    startSoon();
  } else stop(message.id);
});
process.once("disconnect", () => {
  for (const child of running.values()) child.kill("SIGKILL");
  process.exit();
});
// The exporter decides when it ends: a service manager signals all processes of a service at once.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => undefined);

/** Starts one process in each turn of the loop, so that messages and output are read in between. */
function startSoon(): void {
  if (isStarting || waiting.size === 0 || running.size >= MOST_PROCESSES) return;
  isStarting = true;
  setImmediate(() => {
    isStarting = false;
    const [next] = waiting.values();
    if (next === undefined) return;
    waiting.delete(next.id);
    run(next);
    startSoon();
  });
}

function stop(id: number): void {
  if (waiting.delete(id)) {
    return reply({ id, end: { kind: "dropped" }, stdout: "", stderr: "", starting: 0 });
  }
  const child = running.get(id);
  if (child === undefined) return;
  child.kill("SIGINT");
  setTimeout(() => child.kill("SIGKILL"), GRACE).unref();
}

function run({ id, args, path }: StartMessage): void {
  const begun = performance.now();
  const child = spawn("ping", args, {
    env: { PATH: path, LC_ALL: "C" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const starting = (performance.now() - begun) / 1000;
  running.set(id, child);
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("latin1").on("data", (text: string) => {
      output[name] += text.slice(0, LONGEST_OUTPUT - output[name].length);
      if (output[name].length === LONGEST_OUTPUT) child.kill("SIGKILL");
    });
  }
  let isOver = false;
  const finish = (end: PingEnd): void => {
    if (isOver) return;
    isOver = true;
    running.delete(id);
    reply({ id, end, ...output, starting });
    startSoon();
  };
  child.on("error", (error: NodeJS.ErrnoException) => {
    // An error may also be that of a signal to a process that runs.
    if (child.pid === undefined) finish({ kind: "failed", code: error.code ?? "", message: error.message });
  });
  child.on("close", (code, signal) => finish({ kind: "exited", code, signal }));
}

function reply(message: LauncherReply): void {
  process.send?.(message);
}
