import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

import { type Seconds, seconds, toMilliseconds } from "../../src/core/units.ts";

/**
 * The longest that a test waits for something that is bound to happen. A machine that does ten other things needs some
 * of it; a test that is well never comes near.
 */
const PATIENCE = seconds(60);

/** The end of a process: its exit code, or the signal that ended it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that has ended, with its whole output. */
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
  /** Keeps its standard input open, for `Running.write`. */
  readonly isInteractive?: boolean;
  /** Descriptors of this process that it inherits as 3, 4 and so on. */
  readonly descriptors?: readonly number[];
  /** Kills the process when it runs longer; 60 s by default. Only for {@link run}. */
  readonly deadline?: Seconds;
}

/** A child process of a test; `await using` stops it. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** Settles when the process has ended and its output is complete. */
  readonly exited: Promise<Exit>;
  /** The output so far. */
  stdout(): string;
  stderr(): string;
  /** Both, in the order in which they arrived. */
  output(): string;
  /** Waits for a match in the output; rejects at the deadline (60 s), or when the process ends first. */
  waitForOutput(pattern: RegExp, deadline?: Seconds): Promise<RegExpExecArray>;
  /** Waits for a response with a 2xx status, or one that `accept` takes; rejects like `waitForOutput`. */
  waitForHttp(url: string, accept?: (response: Response) => boolean): Promise<void>;
  /** Writes to its standard input, which `isInteractive` keeps open. */
  write(text: string): void;
  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void;
  /** Sends SIGTERM, then SIGKILL after `patience` (60 s), and waits for the end. */
  stop(patience?: Seconds): Promise<Exit>;
}

/** Children that a test left running: they must not outlive the test runner. */
const alive = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

/**
 * Polls every 20 ms until there is a value.
 *
 * @param what completes the sentence "waited in vain for ..."
 * @param poll returns undefined for "not yet"; an error that it throws ends the wait
 * @throws Error at the deadline (60 s)
 */
export async function waitUntil<T>(
  what: string,
  poll: () => T | undefined | Promise<T | undefined>,
  deadline: Seconds = PATIENCE,
): Promise<T> {
  const end = performance.now() + toMilliseconds(deadline);
  for (;;) {
    const value = await poll();
    if (value !== undefined) return value;
    if (performance.now() > end) throw new Error(`waited in vain for ${what}, for ${deadline} s`);
    await pause(20);
  }
}

/**
 * Ports that `freePort` gives: a part for each worker of vitest, below those that Linux, macOS and other workers give to programs that ask
 * for any, and to outgoing connections. Such a port could be taken before its user listens on it.
 */
const FREE_PORTS = { first: 12_000, workers: 40, perWorker: 500 };

const worker = Number(process.env["VITEST_POOL_ID"] ?? 0) % FREE_PORTS.workers;

/** Where the next search begins: test files of one worker run one after the other, and leave connections behind. */
let searched = Math.floor(Math.random() * FREE_PORTS.perWorker);

/** Returns a TCP port that nothing listens on at the moment, and that no other program gets unless it names it. */
export async function freePort(): Promise<number> {
  for (let i = 0; i < FREE_PORTS.perWorker; i += 1) {
    searched = (searched + 1) % FREE_PORTS.perWorker;
    const port = FREE_PORTS.first + worker * FREE_PORTS.perWorker + searched;
    if ((await canListen(port, "127.0.0.1")) && (await canListen(port))) return port;
  }
  throw new Error(`no free port among the ${FREE_PORTS.perWorker} of worker ${worker}`);
}

async function canListen(port: number, host?: string): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, host), "listening");
    server.close();
    await once(server, "close");
    return true;
  } catch {
    return false;
  }
}

/** Starts a process and collects its output. It may not be ready yet: wait for a sign of that. */
export function start(
  argv: readonly string[],
  { cwd, env, input, isInteractive = false, descriptors = [] }: RunOptions = {},
): Running {
  const [command, ...args] = argv;
  if (command === undefined) throw new Error("no command to start");
  const child = spawn(command, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: env ?? process.env,
    stdio: ["pipe", "pipe", "pipe", ...descriptors],
  }) as ChildProcessWithoutNullStreams;
  const output = { stdout: "", stderr: "", both: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
    output.both += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
    output.both += text;
  });
  // A process may end without having read its input.
  child.stdin.on("error", () => undefined);
  if (isInteractive) child.stdin.write(input ?? "");
  else child.stdin.end(input ?? "");

  let exit: Exit | undefined;
  const exited = new Promise<Exit>((resolve) => {
    const end = (how: Exit): void => {
      alive.delete(child);
      exit = how;
      resolve(how);
    };
    child.on("close", (code, signal) => end({ code, signal }));
    child.on("error", (error) => {
      output.both += `${error.message}\n`;
      if (child.pid === undefined) end({ code: null, signal: null });
    });
  });
  if (child.pid !== undefined) alive.add(child);

  const lastOutput = (): string => `${argv.join(" ")}\n${output.both.slice(-4000)}`;
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
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${lastOutput()}`, {
        cause: error,
      });
    }
  };
  const stop = async (patience: Seconds = PATIENCE): Promise<Exit> => {
    if (exit !== undefined) return exit;
    child.kill("SIGTERM");
    // A stopped process does not act on SIGTERM.
    child.kill("SIGCONT");
    const timer = setTimeout(() => child.kill("SIGKILL"), toMilliseconds(patience));
    const how = await exited;
    clearTimeout(timer);
    return how;
  };

  return {
    pid: child.pid ?? -1,
    exited,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    output: () => output.both,
    waitForOutput: (pattern, deadline = PATIENCE) =>
      waitFor(`output matching ${pattern}`, () => pattern.exec(output.both) ?? undefined, deadline),
    waitForHttp: async (url, accept = (response) => response.ok) => {
      await waitFor(
        `an answer from ${url}`,
        async () => {
          try {
            const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
            await response.body?.cancel();
            return accept(response) ? true : undefined;
          } catch {
            return undefined;
          }
        },
        PATIENCE,
      );
    },
    write: (text) => {
      child.stdin.write(text);
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
  const { deadline = PATIENCE } = options;
  const timer = setTimeout(() => child.kill("SIGKILL"), toMilliseconds(deadline));
  const exit = await child.exited;
  clearTimeout(timer);
  if (exit.code === null && exit.signal === null) throw new Error(child.output());
  return { ...exit, stdout: child.stdout(), stderr: child.stderr() };
}
