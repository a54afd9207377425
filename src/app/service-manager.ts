import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import type { Environment } from "../config/document/convert.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { type Seconds, seconds } from "../core/units.ts";

/** Tells systemd how the exporter is, as sd_notify(3) describes. Does nothing under another service manager. */
export interface ServiceManager {
  /** Tells that the exporter works, also after a reload, and keeps the watchdog fed from then on. */
  ready(status: string): void;
  /** Tells that a reload has begun; `ready` ends it. */
  reloading(): void;
  /** Tells that the exporter shuts down. */
  stopping(): void;
}

/** The environment that systemd passes to the process of this number, and the parts that the connection needs. */
export interface ServiceManagerDeps {
  readonly env: Environment;
  readonly pid: number;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The program that sends messages: one per line, its variables separated by tabs. Node.js has no datagram sockets of Unix. To
 * start `systemd-notify` from here each time would stop the event loop (docs/adr/0011-ping.md); a shell is small. It ends with
 * the exporter, and not by a signal: systemd sends that to all processes of a service.
 */
const SENDER = `trap '' HUP INT TERM
set -f
IFS='\t'
command -v systemd-notify >/dev/null || exit 127
while read -r line; do systemd-notify $line; done`;

/** Where the sender looks for `systemd-notify` without `PATH`. */
const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

/** Creates the connection to systemd. Starts the program that sends messages, which stops the event loop for some milliseconds. */
export function createServiceManager({ env, pid, clock, log }: ServiceManagerDeps): ServiceManager {
  const socket = env["NOTIFY_SOCKET"] ?? "";
  if (socket === "") return { ready: () => {}, reloading: () => {}, stopping: () => {} };
  let sender: ChildProcess | undefined;
  let complained = false;
  let isMissing = false;
  let feeding = false;

  const startSender = (): ChildProcess => {
    const started = spawn("/bin/sh", ["-c", SENDER], {
      env: { NOTIFY_SOCKET: socket, PATH: env["PATH"] ?? DEFAULT_PATH },
      stdio: ["pipe", "ignore", "inherit"],
    });
    const ended = (why: string): void => {
      if (sender === started) sender = undefined;
      if (complained) return;
      complained = true;
      log.warn({}, `systemd is not told how the exporter is: ${why}`);
    };
    started.on("error", (error) => ended(error.message));
    started.on("exit", (code, signal) => {
      isMissing = code === 127;
      ended(
        isMissing
          ? "there is no systemd-notify in PATH"
          : `the program that does it ended with ${signal ?? `code ${code}`}`,
      );
    });
    started.stdin.on("error", () => {});
    started.unref();
    (started.stdin as Socket).unref();
    return started;
  };
  const send = (...variables: readonly string[]): void => {
    if (isMissing) return;
    sender ??= startSender();
    sender.stdin?.write(`${variables.map((one) => one.replaceAll(/[\t\r\n]+/g, " ")).join("\t")}\n`);
  };

  const interval = watchdogInterval(env, pid);
  // A timer of the event loop: a loop that hangs does not feed the watchdog.
  const feed = (every: Seconds): void => {
    send("WATCHDOG=1");
    clock.after(every, () => feed(every));
  };

  sender = startSender();
  return {
    ready(status) {
      send("READY=1", `STATUS=${status}`);
      if (interval === undefined || feeding) return;
      feeding = true;
      feed(interval);
    },
    // systemd compares the time with that of its own request.
    reloading: () =>
      send("RELOADING=1", `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`, "STATUS=reloading"),
    stopping: () => send("STOPPING=1", "STATUS=shutting down"),
  };
}

/** Returns how often the watchdog is fed: every half of `WatchdogSec=`; `undefined` if this process has none. */
function watchdogInterval(env: Environment, pid: number): Seconds | undefined {
  const microseconds = Number(env["WATCHDOG_USEC"] ?? "");
  const isOwn = [undefined, String(pid)].includes(env["WATCHDOG_PID"]);
  return isOwn && microseconds > 0 ? seconds(microseconds / 2e6) : undefined;
}
