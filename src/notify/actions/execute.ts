import { spawn } from "node:child_process";
import type { Action, ActionWork } from "../../core/action.ts";
import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import type { Secret } from "../../core/secret.ts";
import { decodeBeginning } from "../../core/truncate.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import { send } from "../delivery/http-client.ts";
import { fillAddress, fillArguments, fillBody } from "./work.ts";

/** How an execution ended. `output` may contain secrets, so it is shown only with the control token. */
export interface Execution {
  readonly result: "success" | "failure" | "timeout";
  /** A short reason, such as `exit code 1` or `status 500`. */
  readonly detail: string;
  readonly output: string;
}

/** Most output of a program or server that is kept, in bytes. */
const MAX_OUTPUT_BYTES = 4096;

/** `PATH` of programs, unless the action sets its own. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Time between SIGTERM and SIGKILL. */
const TERMINATION_GRACE = seconds(2);
/** Longest wait for output after the program has ended. A process that it left behind could hold the pipes open forever. */
const OUTPUT_GRACE = seconds(0.2);

/** Runs the action's program or sends its request. Never rejects. */
export async function execute(
  { work, timeout }: Action,
  values: Readonly<Record<string, string>>,
  signal: AbortSignal,
  clock: Clock,
): Promise<Execution> {
  try {
    return work.kind === "run"
      ? await runProgram(work, values, timeout, signal, clock)
      : await callServer(work, values, timeout, signal, clock);
  } catch {
    return { result: "failure", detail: "a secret cannot be read", output: "" };
  }
}

type ProgramWork = Extract<ActionWork, { readonly kind: "run" }>;
type HttpWork = Extract<ActionWork, { readonly kind: "http" }>;

async function runProgram(
  { argv, environment }: ProgramWork,
  values: Readonly<Record<string, string>>,
  timeout: Seconds,
  signal: AbortSignal,
  clock: Clock,
): Promise<Execution> {
  const [program = "", ...args] = fillArguments(argv, values);
  const env = { PATH: DEFAULT_PATH, ...(await revealed(environment)) };
  if (signal.aborted) return { result: "failure", detail: "interrupted", output: "" };
  return new Promise((resolve) => {
    // `detached` puts it in its own process group, so that its child processes can be killed with it.
    const child = spawn(program, args, {
      cwd: "/",
      env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      shell: false,
    });
    const cancels: (() => void)[] = [];
    const chunks: Buffer[] = [];
    let received = 0;
    let timedOut = false;
    const collect = (chunk: Buffer): void => {
      if (received < MAX_OUTPUT_BYTES) chunks.push(chunk);
      received += chunk.length;
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    const settle = (result: Execution["result"], detail: string): void => {
      for (const cancel of cancels) cancel();
      signal.removeEventListener("abort", stop);
      child.stdout.destroy();
      child.stderr.destroy();
      const output = decodeBeginning(Buffer.concat(chunks).subarray(0, MAX_OUTPUT_BYTES));
      resolve({ result, detail, output });
    };
    const stop = (): void => {
      kill(child.pid, "SIGTERM");
      cancels.push(clock.timeout(TERMINATION_GRACE, () => kill(child.pid, "SIGKILL")));
    };
    cancels.push(
      clock.timeout(timeout, () => {
        timedOut = true;
        stop();
      }),
    );
    signal.addEventListener("abort", stop);
    child.once("error", (error: NodeJS.ErrnoException) => {
      settle("failure", `cannot be started: ${error.code ?? "unknown error"}`);
    });
    child.once("exit", (code, exitSignal) => {
      const status = code === null ? `signal ${exitSignal ?? "unknown"}` : `exit code ${code}`;
      // Kill child processes that ignored SIGTERM. After a regular exit they may keep running.
      if (timedOut || signal.aborted) kill(child.pid, "SIGKILL");
      const detail = timedOut ? `timed out after ${timeout}s` : signal.aborted ? "interrupted" : status;
      const done = (): void => settle(timedOut ? "timeout" : code === 0 ? "success" : "failure", detail);
      child.once("close", done);
      cancels.push(clock.timeout(OUTPUT_GRACE, done));
    });
  });
}

/** Sends a signal to a whole process group. */
function kill(pid: number | undefined, signal: "SIGTERM" | "SIGKILL"): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // All its processes have ended already.
  }
}

async function callServer(
  work: HttpWork,
  values: Readonly<Record<string, string>>,
  timeout: Seconds,
  signal: AbortSignal,
  clock: Clock,
): Promise<Execution> {
  const body = work.body === undefined ? undefined : Buffer.from(fillBody(work.body, values, clock.now()));
  const headers = Object.entries(await revealed(work.headers)).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  const reply = await send(
    {
      method: work.method,
      url: fillAddress(work.url, values),
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...Object.fromEntries(headers),
      },
      timeout,
      tls: work.tls,
      maxBodyBytes: MAX_OUTPUT_BYTES,
      ...defined({ body, unixSocket: work.unixSocket }),
    },
    signal,
    clock,
  );
  if (reply.kind === "timeout") return { result: "timeout", detail: reply.detail, output: "" };
  if (reply.kind === "failed") return { result: "failure", detail: reply.detail, output: "" };
  const ok = reply.status >= 200 && reply.status <= 299;
  return { result: ok ? "success" : "failure", detail: `status ${reply.status}`, output: reply.body };
}

const revealed = async (secrets: ReadonlyMap<string, Secret>): Promise<Record<string, string>> =>
  Object.fromEntries(
    await Promise.all([...secrets].map(async ([name, value]) => [name, await value.reveal()] as const)),
  );
