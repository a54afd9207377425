import { type ChildProcess, spawnSync } from "node:child_process";
import type { Clock } from "../../core/clock.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import { moduleUrl, startProcess } from "../../resources/start.ts";
import { codeOf } from "../errors.ts";
import type { LauncherMessage, LauncherReply, PingEnd } from "./launcher-messages.ts";
import { parsePing } from "./output.ts";
import { unavailability } from "./unavailable.ts";

/** A run of `ping` that has ended. */
export interface PingRun {
  readonly end: PingEnd;
  readonly stdout: string;
  readonly stderr: string;
  /** True if it was stopped because the signal aborted. */
  readonly stopped: boolean;
  /** Time that starting the process took. */
  readonly starting: Seconds;
}

/** The environment of a run. */
export interface PingContext {
  /** Stops the program. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** The folders in which the program is looked for, as in `PATH`. */
  readonly path: string;
}

/** The module of the launcher. */
const ENTRY = moduleUrl("./launcher-process", import.meta.url);

/** Time in which the launcher ends a run that is stopped, longer than the one it gives `ping`. */
const PATIENCE = seconds(0.4);

/** Time without runs after which the launcher is ended. */
const IDLE = seconds(600);

/** Time before which a launcher is not started again that ended without having worked. */
const PAUSE = seconds(1);

/** The process that starts `ping`, while there is one. */
interface Launcher {
  readonly process: ChildProcess;
  readonly pending: Map<number, (reply: Omit<LauncherReply, "id">) => void>;
  /** True once it has replied: its end is then not a sign that it cannot run here. */
  hasWorked: boolean;
  /** Ends the wait for its end without runs. */
  cancelIdle: () => void;
}

let launcher: Launcher | undefined;
let lastId = 0;
/** The reason why the last launcher ended, during the pause before the next one. */
let failure: string | undefined;

/**
 * Runs `ping` without a shell, until it ends or the signal aborts. Resolves within half a second of that, with what was printed
 * until then. The program is started by a small process of its own (docs/adr/0011-ping.md), which this starts if necessary. If that
 * process ends in between, though it has worked, another one makes the run again: it was killed, which says nothing about the target.
 */
export async function runPing(args: readonly string[], context: PingContext): Promise<PingRun> {
  const { run, lost } = await runOnce(args, context);
  return lost ? (await runOnce(args, context)).run : run;
}

/** A run, and whether it was lost with the process that had started it. */
interface PingAttempt {
  readonly run: PingRun;
  readonly lost: boolean;
}

function runOnce(args: readonly string[], { signal, clock, path }: PingContext): Promise<PingAttempt> {
  if (signal.aborted)
    return Promise.resolve({ run: { ...without({ kind: "dropped" }), stopped: true }, lost: false });
  return new Promise((resolve) => {
    lastId += 1;
    const id = lastId;
    let stopped = false;
    let cancelPatience = (): void => undefined;
    const used = useLauncher(clock);
    if (typeof used === "string") {
      const run = { ...without({ kind: "failed", code: "", message: used }), stopped };
      return resolve({ run, lost: false });
    }
    const finish = ({ end, stdout, stderr, starting }: Omit<LauncherReply, "id">): void => {
      used.pending.delete(id);
      signal.removeEventListener("abort", stop);
      cancelPatience();
      if (used.pending.size === 0) rest(used, clock);
      const lost = used !== launcher && used.hasWorked && end.kind === "failed" && !stopped;
      resolve({ run: { end, stdout, stderr, stopped, starting: seconds(starting) }, lost });
    };
    const stop = (): void => {
      stopped = true;
      send(used, { kind: "stop", id });
      cancelPatience = clock.timeout(PATIENCE, () => finish(without({ kind: "dropped" })));
    };
    used.pending.set(id, finish);
    signal.addEventListener("abort", stop, { once: true });
    send(used, { kind: "start", id, args, path });
  });
}

/** Makes the reply of a run that printed nothing. */
const without = (end: PingEnd) => ({ end, stdout: "", stderr: "", starting: seconds(0) });

/** Returns the launcher, which keeps this process alive until `rest`; if the last one has just failed, the reason. */
function useLauncher(clock: Clock): Launcher | string {
  if (launcher === undefined && failure !== undefined) return failure;
  launcher ??= startLauncher(clock);
  launcher.cancelIdle();
  launcher.process.ref();
  launcher.process.channel?.ref();
  return launcher;
}

/** Lets this process end, and ends the launcher if it is not used for long. */
function rest(used: Launcher, clock: Clock): void {
  used.process.unref();
  used.process.channel?.unref();
  used.cancelIdle();
  used.cancelIdle = clock.after(IDLE, () => {
    if (launcher === used) launcher = undefined;
    if (used.process.connected) used.process.disconnect();
  });
}

function startLauncher(clock: Clock): Launcher {
  const child = startProcess(ENTRY, {
    // Neither flags nor variables of the exporter, which may be secrets.
    execArgv: ["--max-semi-space-size=1"],
    env: { MALLOC_ARENA_MAX: "1" },
    // In a session of its own, so that Ctrl-C in a terminal does not reach the runs of ping.
    detached: true,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const started: Launcher = {
    process: child,
    pending: new Map(),
    hasWorked: false,
    cancelIdle: () => undefined,
  };
  const handleEnd = (code: string, message: string): void => {
    if (launcher === started) {
      launcher = undefined;
      if (!started.hasWorked) {
        failure = message;
        clock.after(PAUSE, () => {
          failure = undefined;
        });
      }
    }
    for (const finish of started.pending.values()) finish(without({ kind: "failed", code, message }));
  };
  child.on("message", (message) => {
    const reply = message as LauncherReply;
    started.hasWorked = true;
    started.pending.get(reply.id)?.(reply);
  });
  child.on("error", (error: NodeJS.ErrnoException) =>
    handleEnd(error.code ?? "", `the process that starts it: ${error.message}`),
  );
  child.on("exit", (code, signal) =>
    handleEnd("", `the process that starts it ended with ${signal ?? `code ${code}`}`),
  );
  return started;
}

/** Sends a message. A launcher that has ended reports that by itself. */
function send({ process: child }: Launcher, message: LauncherMessage): void {
  if (child.connected) child.send(message, () => undefined);
}

/** Time in milliseconds for the check at load. */
const CHECK_PATIENCE = 2000;

/**
 * Runs `ping` on the loopback interface and returns what prevents it from working, and what to do; `undefined` if nothing does.
 * Blocks for some ten milliseconds: only for the load of a configuration.
 */
export function pingProblem(path: string): string | undefined {
  const { status, signal, stdout, stderr, error } = spawnSync(
    "ping",
    ["-n", "-4", "-O", "-c", "1", "-w", "1", "--", "127.0.0.1"],
    {
      env: { PATH: path, LC_ALL: "C" },
      stdio: ["ignore", "pipe", "pipe"],
      encoding: "latin1",
      timeout: CHECK_PATIENCE,
      killSignal: "SIGKILL",
      maxBuffer: 65_536,
    },
  );
  const code = codeOf(error) ?? "";
  const failed = error !== undefined && code !== "ETIMEDOUT" && code !== "ENOBUFS";
  const end: PingEnd = failed
    ? { kind: "failed", code, message: error.message }
    : { kind: "exited", code: status, signal };
  return unavailability(end, parsePing(stdout ?? "", stderr ?? ""));
}
