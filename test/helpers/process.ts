import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

import { type Seconds, seconds, toMilliseconds } from "../../src/core/units.ts";

/** How a process ended: by itself with a code, or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that has ended, with all it said. */
export interface Finished extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and how to run a process. */
export interface RunOptions {
  /** The working directory; this process' by default. */
  readonly cwd?: string;
  /** The whole environment; this process' by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** Written to its standard input, which is otherwise empty. */
  readonly input?: string;
  /** Killed when it takes longer; 60 s by default. Only for {@link run}. */
  readonly deadline?: Seconds;
}

/** A child process of a test; `await using` stops it. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** Settles when the process has ended and its output is complete. */
  readonly exited: Promise<Exit>;
  /** What it has written so far. */
  stdout(): string;
  stderr(): string;
  /** Both, in the order in which they arrived. */
  output(): string;
  /** Waits for a match in its output; rejects at the deadline (10 s) or when the process ends before. */
  waitForOutput(pattern: RegExp, deadline?: Seconds): Promise<RegExpExecArray>;
  /** Waits for an answer with a status of 2xx, or one that `accept` takes; rejects like `waitForOutput`. */
  waitForHttp(url: string, accept?: (response: Response) => boolean, deadline?: Seconds): Promise<void>;
  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void;
  /** Asks it to end with SIGTERM, kills it after `patience` (5 s), and waits for the end. */
  stop(patience?: Seconds): Promise<Exit>;
}

/** Children that a test left running must not outlive the test runner. */
const alive = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

/**
 * Asks again and again until there is a value.
 *
 * @param what completes the sentence "waited in vain for ..."
 * @param poll returns undefined for "not yet"; what it throws ends the waiting
 * @throws Error at the deadline (10 s)
 */
export async function waitUntil<T>(
  what: string,
  poll: () => T | undefined | Promise<T | undefined>,
  deadline: Seconds = seconds(10),
): Promise<T> {
  const end = performance.now() + toMilliseconds(deadline);
  for (;;) {
    const value = await poll();
    if (value !== undefined) return value;
    if (performance.now() > end) throw new Error(`waited in vain for ${what}, for ${deadline} s`);
    await pause(20);
  }
}

/** A TCP port of the loopback that nothing listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP server without a port");
  return address.port;
}

/** Starts a process whose output is collected. Wait for what shows that it is ready. */
export function start(argv: readonly string[], { cwd, env, input }: RunOptions = {}): Running {
  const [command, ...args] = argv;
  if (command === undefined) throw new Error("no command to start");
  const child = spawn(command, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: env ?? process.env,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const said = { stdout: "", stderr: "", both: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.stdout += text;
    said.both += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.stderr += text;
    said.both += text;
  });
  // A process that does not read its input is its own affair.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input ?? "");

  let exit: Exit | undefined;
  const exited = new Promise<Exit>((resolve) => {
    const end = (how: Exit): void => {
      alive.delete(child);
      exit = how;
      resolve(how);
    };
    child.on("close", (code, signal) => end({ code, signal }));
    child.on("error", (error) => {
      said.both += `${error.message}\n`;
      if (child.pid === undefined) end({ code: null, signal: null });
    });
  });
  if (child.pid !== undefined) alive.add(child);

  const lastWords = (): string => `${argv.join(" ")}\n${said.both.slice(-4000)}`;
  const waitFor = async <T>(
    what: string,
    poll: () => T | undefined | Promise<T | undefined>,
    deadline: Seconds,
  ): Promise<T> => {
    try {
      return await waitUntil(
        what,
        async () => {
          const value = await poll();
          if (value === undefined && exit !== undefined) {
            throw new Error(`ended (${exit.signal ?? `code ${exit.code}`}) before ${what}`);
          }
          return value;
        },
        deadline,
      );
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${lastWords()}`, {
        cause: error,
      });
    }
  };
  const stop = async (patience: Seconds = seconds(5)): Promise<Exit> => {
    if (exit !== undefined) return exit;
    child.kill("SIGTERM");
    // One that was paused would not see the other signal.
    child.kill("SIGCONT");
    const timer = setTimeout(() => child.kill("SIGKILL"), toMilliseconds(patience));
    const how = await exited;
    clearTimeout(timer);
    return how;
  };

  return {
    pid: child.pid ?? -1,
    exited,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    output: () => said.both,
    waitForOutput: (pattern, deadline = seconds(10)) =>
      waitFor(`output matching ${pattern}`, () => pattern.exec(said.both) ?? undefined, deadline),
    waitForHttp: async (url, accept = (response) => response.ok, deadline = seconds(10)) => {
      await waitFor(
        `an answer from ${url}`,
        async () => {
          try {
            const response = await fetch(url, { signal: AbortSignal.timeout(1000) });
            await response.body?.cancel();
            return accept(response) ? true : undefined;
          } catch {
            return undefined;
          }
        },
        deadline,
      );
    },
    kill: (signal) => {
      child.kill(signal);
    },
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}

/** Runs a process to its end, whatever its exit code. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = start(argv, options);
  const { deadline = seconds(60) } = options;
  const timer = setTimeout(() => child.kill("SIGKILL"), toMilliseconds(deadline));
  const exit = await child.exited;
  clearTimeout(timer);
  if (exit.code === null && exit.signal === null) throw new Error(child.output());
  return { ...exit, stdout: child.stdout(), stderr: child.stderr() };
}
