import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { makeCertificate } from "../helpers/certificates.ts";
import { startExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { canMount, fuseMount } from "../helpers/fuse-mount.ts";
import { BASIC_HEARTBEAT } from "../helpers/heartbeat-line.ts";
import { serveHttp, serveHttps } from "../helpers/http-targets.ts";
import { waitUntil } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const authority = makeCertificate({ subject: [["CN", "test"]], names: ["IP:127.0.0.1"] });
const mounts = canMount();
const EACH = 15;
const numbers = Array.from({ length: EACH }, (_, i) => i);

/** Starts an exporter with targets whose files are in a mount, and others beside them. */
async function startBesideMount() {
  await using resources = new AsyncDisposableStack();
  const files = numbers.flatMap((i) => [
    [`body-${i}`, "body"],
    [`log-${i}.log`, line()],
  ]);
  const mount = resources.use(
    await fuseMount({ ...Object.fromEntries(files), key: "key-of-the-test", "ca.pem": authority.cert }),
  );
  const local = resources.use(await temporaryFolder());
  for (const i of numbers) await local.write(`log-${i}.log`, line());
  await local.write("body", "body");
  const requests: string[] = [];
  const server = resources.use(
    await serveHttp((request, response) => {
      requests.push(request.headers.authorization ?? "");
      request.resume().on("end", () => response.end("ok"));
    }),
  );
  const secure = resources.use(await serveHttps(authority, (_request, response) => response.end("ok")));
  const url = `http://${server.host}/`;
  const timing = "interval: 1s";
  const exporter = resources.use(
    await startExporter({
      command: mount.command,
      yaml: `modules:
${numbers.map((i) => `  body-${i}: { prober: http, http: { method: POST, body_file: "${mount.path}/body-${i}" } }\n`).join("")}
  good: { prober: http, http: { method: POST, body_file: "${local.path}/body" } }
  keyed: { prober: http, http: { bearer_token_file: "${mount.path}/key" } }
  trusting: { prober: http, http: { tls_config: { ca_file: "${mount.path}/ca.pem" } } }
  logs: { prober: heartbeat_log, heartbeat_log: { paths: ["${mount.path}", "${local.path}"], timeout: 1h } }
targets:
${numbers
  .map(
    (i) => `  - { name: body-${i}, module: body-${i}, target: "${url}", ${timing} }
  - { name: log-${i}, module: logs, target: "${mount.path}/log-${i}.log", ${timing} }
  - { name: good-${i}, module: good, target: "${url}", ${timing} }
  - { name: good-log-${i}, module: logs, target: "${local.path}/log-${i}.log", ${timing} }
`,
  )
  .join("")}
  - { name: trusting, module: trusting, target: "https://${secure.host}/", ${timing} }
  - { name: keyed, module: keyed, target: "${url}", ${timing} }
`,
    }),
  );
  resources.defer(() => mount.goOn());
  const owned = resources.move();
  return {
    exporter,
    mount,
    requests,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const line = (): string => `${JSON.stringify(BASIC_HEARTBEAT)}\n`;

/** Returns the outcome of each target: `ok`, or the reason of its failure. */
async function outcomes(exporter: { get(path: string): Promise<string> }): Promise<Map<string, string>> {
  const text = await exporter.get("/metrics?collect[]=targets");
  const found = new Map<string, string>();
  for (const [, target = "", value] of text.matchAll(/^probe_success\{.*?target="([^"]+)".*?\} (\d)$/gmu))
    found.set(target, value === "1" ? "ok" : "failed");
  for (const [, labels = ""] of text.matchAll(/^probe_failure_reason\{(.*)\} 1$/gmu)) {
    const [, target = ""] = /target="([^"]+)"/u.exec(labels) ?? [];
    const [, reason = ""] = /reason="([^"]+)"/u.exec(labels) ?? [];
    found.set(target, reason);
  }
  return found;
}

const named = (map: ReadonlyMap<string, string>, prefix: string): string[] =>
  numbers.map((i) => map.get(`${prefix}-${i}`) ?? "none");
const all = (text: string): string[] => numbers.map(() => text);

const untilAll = (
  exporter: { get(path: string): Promise<string> },
  wanted: Readonly<Record<string, string>>,
): Promise<true> =>
  waitUntil(`outcomes ${JSON.stringify(wanted)}`, async () => {
    const map = await outcomes(exporter);
    return Object.entries(wanted).every(([prefix, text]) => named(map, prefix).every((one) => one === text))
      ? true
      : undefined;
  });

/** Numbers of the system calls of x86-64 and arm64 in which threads wait that have nothing to do. */
const IDLE = new Set(["202", "232", "281", "98", "22", "running"]);

/** Returns how many threads of a process are in a system call that does not wait for work. */
const busyThreads = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).filter((task) => {
    const [call = ""] = readFileSync(`/proc/${pid}/task/${task}/syscall`, "utf8").split(/\s/u);
    return !IDLE.has(call);
  }).length;

test.runIf(mounts)(
  "targets whose files hang fail with the mount and the time, and keep no others waiting",
  async () => {
    await using setup = await startBesideMount();
    const { exporter, mount, requests } = setup;
    await untilAll(exporter, { body: "ok", log: "ok", good: "ok", "good-log": "ok" });

    await mount.hang();
    await untilAll(exporter, { body: "file_unreadable", log: "file_unreadable" });
    const hanging = async (): Promise<number | undefined> =>
      valueOf(
        await exporter.get("/metrics?collect[]=exporter"),
        "heartbeat_exporter_file_operations_hanging",
      );
    expect(await hanging()).toBeGreaterThan(0);
    const debug = await exporter.get("/probe?target=body-3&debug=true");
    expect(debug).toMatch(/\/body-3: the (?:mount|file system of) \S+ has not answered since 20/u);
    await exporter.process.waitForOutput(
      new RegExp(`the mount ${mount.path} has not answered since 20`, "u"),
    );

    // Over 20 rounds, the good targets never fail, the one with a key sends its last key, and the one with an authority trusts its last certificate.
    const before = requests.length;
    const probesOf = async (target: string): Promise<number> =>
      valueOf(await exporter.get("/metrics?collect[]=targets"), `heartbeat_health_checks_total`, {
        target,
        status: "success",
      }) ?? 0;
    const first = await probesOf("good-0");
    await waitUntil("20 rounds", async () => {
      const map = await outcomes(exporter);
      expect(named(map, "good")).toEqual(all("ok"));
      expect(named(map, "good-log")).toEqual(all("ok"));
      expect([map.get("keyed"), map.get("trusting")]).toEqual(["ok", "ok"]);
      return (await probesOf("good-0")) >= first + 20 ? true : undefined;
    });
    expect(requests.slice(before).filter((one) => one === "Bearer key-of-the-test").length).toBeGreaterThan(
      9,
    );
    expect(busyThreads(exporter.process.pid)).toBeLessThanOrEqual(16);

    await mount.goOn();
    await untilAll(exporter, { body: "ok", log: "ok", good: "ok", "good-log": "ok" });
    await exporter.process.waitForOutput(new RegExp(`the mount ${mount.path} answers again`, "u"));
    await waitUntil("no operation to hang", async () => ((await hanging()) === 0 ? true : undefined));
  },
);

test.runIf(mounts)("an exporter whose files hang reloads, and ends on SIGTERM", async () => {
  await using setup = await startBesideMount();
  const { exporter, mount } = setup;
  await untilAll(exporter, { body: "ok", log: "ok" });
  await mount.hang();
  await untilAll(exporter, { body: "file_unreadable" });

  const { status } = await fetch(`${exporter.url}/-/reload`, { method: "POST" });
  expect([200, 403]).toContain(status);
  exporter.process.kill("SIGHUP");
  await exporter.process.waitForOutput(/configuration reloaded/u);

  exporter.process.kill("SIGTERM");
  await exporter.process.waitForOutput(/goodbye/u);
  expect(await exporter.process.exited).toEqual({ code: null, signal: "SIGTERM" });
});

test.runIf(mounts)(
  "a Unix socket whose file system hangs keeps neither the event loop nor other probes",
  async () => {
    await using mount = await fuseMount({ file: "no socket" });
    await using server = await serveHttp((_request, response) => response.end("ok"));
    const module = "timeout: 3s, unix";
    await using exporter = await startExporter({
      command: mount.command,
      yaml: `modules:
  any: { prober: unix, ${module}: {} }
  listed: { prober: unix, ${module}: { allowed_targets: ["${mount.path}/*"] } }
  web: { prober: http }
`,
    });
    const probe = async (name: string, target: string): Promise<string> => {
      const text = await exporter.get(
        `/probe?module=${name}&target=${encodeURIComponent(target)}&debug=true`,
      );
      return /probe_failure_reason\{reason="(\w+)"\} 1/u.exec(text)?.[1] ?? "ok";
    };
    const sockets = ["file", "missing"].flatMap((file) =>
      ["any", "listed"].map((name) => [name, `${mount.path}/${file}`] as const),
    );
    const outcomesOf = () => Promise.all(sockets.map(([name, path]) => probe(name, path)));
    expect(await outcomesOf()).toEqual(sockets.map(() => "connect"));

    await mount.hang();
    const begin = performance.now();
    const hanging = outcomesOf();
    while (performance.now() - begin < 1500) {
      const asked = performance.now();
      expect(await probe("web", server.host)).toBe("ok");
      expect(performance.now() - asked).toBeLessThan(1000);
    }
    expect(await hanging).toEqual(sockets.map(() => "file_unreadable"));

    await mount.goOn();
    await waitUntil("the file system to answer", async () =>
      (await outcomesOf()).every((one) => one === "connect") ? true : undefined,
    );
  },
);
