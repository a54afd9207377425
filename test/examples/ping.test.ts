import { accessSync, constants, existsSync, realpathSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { createServer } from "node:http";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { serveHttp } from "../helpers/http-targets.ts";
import { freePort, start, waitUntil } from "../helpers/process.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";
import { tool } from "../helpers/tools.ts";

const SCRIPT = fileURLToPath(new URL("../../examples/ping.sh", import.meta.url));

const [BUSYBOX] = tool("busybox", "newest").argv;

/** Returns the path of a program. busybox stands in for a wget that this machine does not have. */
function find(program: string): string {
  const file = (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((each) => {
      try {
        accessSync(each, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
  if (file !== undefined) return file;
  if (program === "wget") return BUSYBOX;
  throw new Error(`${program} is missing: ping.sh is tested with it`);
}

const isSame = (a: string, b: string): boolean => realpathSync(find(a)) === realpathSync(find(b));

/** Shells, by what starts a script with them. `sh` is often another name of one of them. */
const SHELLS: readonly (readonly [name: string, command: readonly string[]])[] = [
  ...["dash", "bash", "sh"]
    .map((shell) => [shell, [find(shell)]] as const)
    .filter(([shell]) => shell !== "sh" || !["dash", "bash"].some((one) => isSame(one, shell))),
  ["busybox", [BUSYBOX, "sh"]],
];

/** Programs that send reports. */
const CLIENTS = ["curl", "wget"] as const;

/** Programs that the script and the jobs of the tests use, apart from what sends reports. */
const PROGRAMS = ["sh", "cat", "tail", "grep", "mktemp", "rm", "sleep", "env", "timeout", "kill"];

interface Report {
  readonly path: string;
  readonly token: string;
  readonly body: string;
}

interface World extends AsyncDisposable {
  readonly folder: TemporaryFolder;
  readonly reports: readonly Report[];
  /** Starts the script with a shell, and with nothing but `client` to send reports. */
  run(shell: readonly string[], args: readonly string[], client?: string): Promise<ReturnType<typeof start>>;
}

/** Serves pings in one of four ways, and takes down what comes. */
async function world(exporter: "answers" | "refuses" | "hangs" | "is down" = "answers"): Promise<World> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  const reports: Report[] = [];
  const server = resources.use(
    await serveHttp((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { pathname, searchParams } = new URL(request.url ?? "", "http://x");
        const rid = searchParams.has("rid") ? "?rid" : "";
        reports.push({
          path: `${pathname}${rid}`,
          token: request.headers.authorization ?? "",
          body: Buffer.concat(chunks).toString(),
        });
        if (exporter === "hangs") return;
        response.statusCode = exporter === "refuses" ? 404 : 200;
        response.end("OK");
      });
    }),
  );
  const token = await folder.write("token", "hush\n");
  const address = exporter === "is down" ? "127.0.0.1:1" : server.host;
  const owned = resources.move();
  return {
    folder,
    reports,
    async run(shell, args, client) {
      const path = client === undefined ? process.env["PATH"] : await only(folder, client);
      return start([...shell, SCRIPT, "job", ...args], {
        env: {
          ...process.env,
          PATH: path,
          HEARTBEAT_URL: `http://${address}/ping`,
          HEARTBEAT_TOKEN_FILE: token,
        },
      });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Makes a folder for PATH in which `client` is the only program that sends requests. */
async function only(folder: TemporaryFolder, client: string): Promise<string> {
  const path = join(folder.path, `only-${client}`);
  await mkdir(path);
  for (const name of [...PROGRAMS, client]) await symlink(find(name), join(path, name));
  return path;
}

const pathsOf = ({ reports }: World): readonly string[] => reports.map(({ path }) => path);

describe.each(SHELLS)("ping.sh in %s", (name, shell) => {
  test.each(CLIENTS)("reports start, end, output and exit status with %s", async (client) => {
    await using it = await world();
    const running = await it.run(shell, ["sh", "-c", "cat; echo out; echo err >&2; exit 3"], client);
    expect(await running.exited).toEqual({ code: 3, signal: null });
    expect([running.stdout(), running.stderr()]).toEqual(["out\nerr\n", ""]);
    const token = "Bearer hush";
    expect(it.reports).toEqual([
      { path: "/ping/job/start?rid", token, body: "" },
      { path: "/ping/job/3?rid", token, body: "out\nerr\n" },
    ]);
  });

  test("reports that a machine is alive", async () => {
    await using it = await world();
    const running = await it.run(shell, []);
    expect(await running.exited).toEqual({ code: 0, signal: null });
    expect(pathsOf(it)).toEqual(["/ping/job"]);
  });

  const jobs: readonly [string, readonly string[], number][] = [
    ["a success", ["true"], 0],
    ["no such program", ["/nowhere/program"], 127],
    ["a program killed by KILL", ["sh", "-c", "kill -9 $$"], 137],
    ["a program that ends itself by TERM", ["sh", "-c", "kill -15 $$"], 143],
  ];
  test.each(jobs)("reports %s", async (_, job, code) => {
    await using it = await world();
    const running = await it.run(shell, job);
    expect(await running.exited).toEqual({ code, signal: null });
    expect(pathsOf(it)).toEqual(["/ping/job/start?rid", `/ping/job/${code}?rid`]);
  });

  // Where nothing can undo that a shell starts background commands with INT ignored, INT comes as TERM.
  const interrupt = name === "busybox" ? "TERM" : "INT";
  const signals: readonly [NodeJS.Signals, string][] = [
    ["SIGTERM", "TERM"],
    ["SIGHUP", "HUP"],
    ["SIGINT", interrupt],
  ];
  test.each(signals)("passes %s on, waits for the end and reports it", async (signal, received) => {
    await using it = await world();
    const ready = join(it.folder.path, "ready");
    const traps = ["TERM", "HUP", "INT"].map((one) => `trap 'echo ${one}; sleep 0.3; exit 42' ${one}`);
    const job = `${traps.join("; ")}; : >'${ready}'; while :; do sleep 0.05; done`;
    const running = await it.run(shell, ["sh", "-c", job]);
    await waitUntil("the job", () => (existsSync(ready) ? true : undefined));
    running.kill(signal);
    expect(await running.exited).toEqual({ code: 42, signal: null });
    const last = await waitUntil("the report", () => it.reports.find(({ path }) => path.endsWith("/42?rid")));
    expect(last).toMatchObject({ path: "/ping/job/42?rid", body: `${received}\n` });
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    ["SIGINT", interrupt === "INT" ? 130 : 143],
  ] as const)("reports a job that dies of %s", async (signal, code) => {
    await using it = await world();
    const ready = join(it.folder.path, "ready");
    const running = await it.run(shell, ["sh", "-c", `: >'${ready}'; exec sleep 60`]);
    await waitUntil("the job", () => (existsSync(ready) ? true : undefined));
    running.kill(signal);
    expect(await running.exited).toEqual({ code, signal: null });
    // On a busy machine it comes later, from the background.
    await waitUntil("the report", () => pathsOf(it).find((path) => path === `/ping/job/${code}?rid`));
  });

  test.each([
    ["is down", "could not be reported yet"],
    ["hangs", "could not be reported yet"],
    ["refuses", "could not be reported"],
  ] as const)("delays a job by less than 2 s if the exporter %s", async (exporter, said) => {
    for (const client of CLIENTS) {
      await using it = await world(exporter);
      const begin = performance.now();
      const running = await it.run(shell, ["sh", "-c", "exit 3"], client);
      expect(await running.exited).toEqual({ code: 3, signal: null });
      expect(performance.now() - begin).toBeLessThan(2000);
      expect(running.stderr()).toContain(`job ${said}`);
      expect(running.stderr()).not.toContain("hush");
    }
  });

  test("runs the job while the report of its start hangs", async () => {
    await using it = await world("hangs");
    const begin = performance.now();
    const ready = join(it.folder.path, "ready");
    const running = await it.run(shell, ["sh", "-c", `: >'${ready}'`]);
    await waitUntil("the job", () => (existsSync(ready) ? true : undefined));
    expect(performance.now() - begin).toBeLessThan(2000);
    expect(await running.exited).toEqual({ code: 0, signal: null });
  });

  test("reports in the background once the exporter is back", async () => {
    const port = await freePort();
    const running = start([...shell, SCRIPT, "job", "sh", "-c", "exit 5"], {
      env: { ...process.env, HEARTBEAT_URL: `http://127.0.0.1:${port}/ping/` },
    });
    expect(await running.exited).toEqual({ code: 5, signal: null });
    const paths: string[] = [];
    const server = createServer((request, response) => {
      paths.push(new URL(request.url ?? "", "http://x").pathname);
      request.resume();
      response.end("OK");
    });
    onTestFinished(() => void server.close());
    server.listen(port, "127.0.0.1");
    await waitUntil("the report", () => (paths.includes("/ping/job/5") ? true : undefined));
  });

  test("runs the job if there is no folder for its output", async () => {
    await using folder = await temporaryFolder();
    await folder.write("file", "");
    const running = start([...shell, SCRIPT, "job", "sh", "-c", "echo out; exit 4"], {
      env: { ...process.env, TMPDIR: join(folder.path, "file") },
    });
    expect(await running.exited).toEqual({ code: 4, signal: null });
    expect(running.stdout()).toBe("out\n");
  });
});
