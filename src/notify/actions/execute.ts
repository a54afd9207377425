import { spawn } from "node:child_process";
import type { Action, ActionWork } from "../../core/action.ts";
import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import type { Secret } from "../../core/secret.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import { send } from "../delivery/http-client.ts";
import { fillAddress, fillArguments, fillBody } from "./work.ts";

/** How an attempt ended. `output` may hold anything: it is for those who may control the exporter. */
export interface Execution {
  readonly result: "success" | "failure" | "timeout";
  /** In a few words: an exit code, a status. */
  readonly detail: string;
  readonly output: string;
}

/** How much is kept of what a program or a server says, in bytes. */
const MOST_OUTPUT = 4096;

/** What a program finds others by, if the action does not say it. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What is left to a program between the request to end and its end. */
const GRACE = seconds(2);
/** What a program said before it ended is here by then; one that it left behind may hold the pipes for ever. */
const LAST_WORDS = seconds(0.2);

/** Does what the action says. Never rejects. */
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
    // A group of its own, so that what it starts ends with it.
    const child = spawn(program, args, {
      cwd: "/",
      env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      shell: false,
    });
    const cancels: (() => void)[] = [];
    const chunks: Buffer[] = [];
    let kept = 0;
    let late = false;
    const keep = (chunk: Buffer): void => {
      if (kept < MOST_OUTPUT) chunks.push(chunk);
      kept += chunk.length;
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    const settle = (result: Execution["result"], detail: string): void => {
      for (const cancel of cancels) cancel();
      signal.removeEventListener("abort", stop);
      child.stdout.destroy();
      child.stderr.destroy();
      const output = Buffer.concat(chunks).subarray(0, MOST_OUTPUT).toString("utf8");
      resolve({ result, detail, output });
    };
    const stop = (): void => {
      kill(child.pid, "SIGTERM");
      cancels.push(clock.after(GRACE, () => kill(child.pid, "SIGKILL")));
    };
    cancels.push(
      clock.after(timeout, () => {
        late = true;
        stop();
      }),
    );
    signal.addEventListener("abort", stop);
    child.once("error", (error: NodeJS.ErrnoException) => {
      settle("failure", `cannot be started: ${error.code ?? "an error"}`);
    });
    child.once("exit", (code, killed) => {
      const how = code === null ? `signal ${killed ?? "unknown"}` : `exit code ${code}`;
      // Others of its group that ignored the first request end now, those of one that ended well may stay.
      if (late || signal.aborted) kill(child.pid, "SIGKILL");
      const detail = late ? `ended after ${timeout}s` : signal.aborted ? "interrupted" : how;
      const done = (): void => settle(late ? "timeout" : code === 0 ? "success" : "failure", detail);
      child.once("close", done);
      cancels.push(clock.after(LAST_WORDS, done));
    });
  });
}

/** The whole group. It may have ended by itself. */
function kill(pid: number | undefined, signal: "SIGTERM" | "SIGKILL"): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // There is nobody left in it.
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
  const own = Object.entries(await revealed(work.headers)).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  const reply = await send(
    {
      method: work.method,
      url: fillAddress(work.url, values),
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...Object.fromEntries(own),
      },
      timeout,
      tls: work.tls,
      keep: MOST_OUTPUT,
      ...defined({ body, unixSocket: work.unixSocket }),
    },
    signal,
    clock,
  );
  if (reply.kind === "timeout") return { result: "timeout", detail: reply.detail, output: "" };
  if (reply.kind === "failed") return { result: "failure", detail: reply.detail, output: "" };
  const good = reply.status >= 200 && reply.status <= 299;
  return { result: good ? "success" : "failure", detail: `status ${reply.status}`, output: reply.body };
}

const revealed = async (secrets: ReadonlyMap<string, Secret>): Promise<Record<string, string>> =>
  Object.fromEntries(
    await Promise.all([...secrets].map(async ([name, value]) => [name, await value.reveal()] as const)),
  );
