import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { identityFrom } from "../../src/core/target.ts";
import { CONTEXT_API_ROUTES, ROUTES } from "../../src/server/route-table.ts";
import { backupStore } from "../../src/store/backup.ts";
import { checksumOf } from "../../src/store/namespaces.ts";
import { type ExporterProcess, runMain, startExporter } from "../helpers/exporter.ts";
import { serveHttp, type TestServer } from "../helpers/http-targets.ts";
import { waitUntil } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

/** Texts that nothing of the exporter may contain, one for each part of an address that can hold a secret. */
const SECRETS = {
  user: "uSeR-s3cret1",
  password: "pa%24s-s3cret2",
  decoded: "pa$s-s3cret2",
  key: "k3y-s3cret3",
  parameter: "p4ram-s3cret4",
  bare: "b4re-s3cret5",
  fragment: "fr4g-s3cret6",
  segment: "9f8e7d6c-5b4a-4321-8765-fedcba987654",
  token: "aB3dE5fG7hI9jK1lM3nO5pQ",
} as const;

const addressAt = (host: string): string =>
  `http://${SECRETS.user}:${SECRETS.password}@${host}/${SECRETS.segment}/${SECRETS.token}?api_key=${SECRETS.key}&x=${SECRETS.parameter}&${SECRETS.bare}#${SECRETS.fragment}`;

const withoutUser = (host: string): string => addressAt(host).replace(/\/\/.*@/, "//");

/** Returns the secrets in a text, also in base64. */
const secretsIn = (text: string): readonly string[] =>
  [...Object.values(SECRETS), btoa(`${SECRETS.user}:${SECRETS.decoded}`)].filter((secret) =>
    text.includes(secret),
  );

const TOKEN = "control-token-of-the-test";

/** A target that repeats the request it got, and fails. */
const serveEcho = (): Promise<TestServer> =>
  serveHttp((request, response) => {
    response.writeHead(503, { "X-Echo": String(request.url), "Content-Type": "application/json" });
    const echo = `${request.url} ${request.headers.authorization}`;
    response.end(JSON.stringify({ error: { message: echo, code: echo } }));
  });

const yamlFor = (host: string): string => `
control: { token_file: token }
modules:
  web: { prober: http, timeout: 2s, probe_details: true }
  tcp: { prober: tcp, timeout: 2s }
  ws: { prober: websocket, timeout: 2s }
  grpc: { prober: grpc, timeout: 2s }
  dns: { prober: dns, timeout: 2s, dns: { query_name: a.example } }
  chat: { prober: llm, timeout: 2s, llm: { api: openai, model: m, prompt: hi } }
  logs: { prober: heartbeat_log, heartbeat_log: { paths: [/nowhere], allowed_targets: [127.0.0.1] } }
targets:
  - { name: web, module: web, target: "${addressAt(host)}", schedule: interval, interval: 2s, failover: {} }
  - { name: bare, module: web, target: "${addressAt(host).replace("http://", "")}", schedule: interval, interval: 2s }
  - { name: chat, module: chat, target: "${withoutUser(host).replace(/#.*/, "")}", schedule: interval, interval: 2s, failover: {} }
  - { name: ws, module: ws, target: "${withoutUser(host).replace("http", "ws")}", schedule: interval, interval: 2s }
  - { name: log, module: logs, target: "${addressAt(host)}", schedule: interval, interval: 2s }
heartbeats: [{ name: box }]
groups: [{ name: all, members: [web, chat] }]
routes: [{ name: route, order: [web] }]
pages: [{ path: /public, groups: [all], show: [addresses, reasons, latency] }]
webhooks: [{ name: hook, url: "http://${host}/hook", events: [status, mode] }]
`;

/** Values for the placeholders of paths. */
const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  name: ["web", "bare", "chat", "ws", "log", "all", "route", "box"],
  id: ["1", "2", "3", "4", "5", "6", "7", "8"],
  file: ["web.svg"],
};

/** Returns the text of a response, or what arrives of a stream within a second. */
async function beginningOf(response: Response): Promise<string> {
  const isStream = response.headers.get("Content-Type")?.includes("event-stream") === true;
  if (!isStream) return response.text();
  let text = "";
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const end = setTimeout(() => void reader?.cancel(), 1000);
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) text += part.value;
  clearTimeout(end);
  return text;
}

/** Reads every GET route with every name, and returns the secrets in the answers, by path. */
async function walk(
  { url }: ExporterProcess,
  host: string,
): Promise<readonly (readonly [string, readonly string[]])[]> {
  const found: (readonly [string, readonly string[]])[] = [];
  const paths = [...ROUTES, ...CONTEXT_API_ROUTES]
    .filter((route) => route.get !== undefined)
    .flatMap(({ path }) => {
      const [, name] = /:(\w+)/.exec(path) ?? [];
      return name === undefined
        ? [path]
        : (SAMPLES[name] ?? ["1"]).map((value) => path.replace(/:\w+/, value).replaceAll(/:\w+/g, "1"));
    });
  const asked = encodeURIComponent(addressAt(host));
  const modules = ["web", "tcp", "ws", "grpc", "dns", "chat", "logs"];
  const probes = [
    ...modules.flatMap((module) => [
      `/probe?module=${module}&target=${asked}`,
      `/probe?module=${module}&target=${asked}&debug=true`,
    ]),
    "/probe?target=web&debug=true",
    "/probe?target=chat&debug=true",
    `/probe?module=none&target=${asked}`,
    `/probe?target=${asked}`,
    "/page/targets/web?window=1h",
    "/public",
    "/public/status.json",
    "/logs?target=web",
    `/logs?target=${asked}`,
    "/api/v1/events?since=0",
  ];
  for (const path of [...probes, ...paths, "/metrics"]) {
    for (const accept of ["text/html", "application/json", "text/plain"]) {
      const response = await fetch(`${url}${path}`, {
        headers: { Accept: accept, Authorization: `Bearer ${TOKEN}` },
      });
      const secrets = secretsIn(`${JSON.stringify([...response.headers])} ${await beginningOf(response)}`);
      if (secrets.length > 0) found.push([`${path} as ${accept}`.replaceAll(asked, "ADDRESS"), secrets]);
    }
  }
  return found;
}

describe("secrets in the address of a target", () => {
  test("are in no answer, in no line of the log, in no file of the store, and in no backup", async () => {
    await using echo = await serveEcho();
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    await using exporter = await startExporter({
      yaml: yamlFor(echo.host),
      files: { token: TOKEN },
      args: [`--storage.path=${path}`, "--log.level=debug", "--log.prober=debug"],
    });
    await waitUntil("a few probes of each target", async () => {
      const text = await exporter.get("/metrics");
      return ["web", "bare", "chat", "ws", "log"].every((name) =>
        new RegExp(`probe_success\\{[^}]*target="${name}"`).test(text),
      )
        ? true
        : undefined;
    });
    expect(await walk(exporter, echo.host)).toEqual([]);
    expect(secretsIn(exporter.process.output())).toEqual([]);
    // It was used.
    expect(exporter.process.output()).toContain("api_key=<secret>");
    await exporter.process.stop();
    backupStore(path, join(folder.path, "backup.db"));
    for (const name of readdirSync(folder.path))
      expect([name, secretsIn(readFileSync(join(folder.path, name), "latin1"))]).toEqual([name, []]);
    expect(readdirSync(folder.path)).toContain("backup.db");
    // Tokens with which applications reach a target are not needed by those who list them.
    expect(secretsIn(exporter.process.output())).toEqual([]);
  });

  test("are shown by no command, neither for a good nor for a bad configuration", async () => {
    await using echo = await serveEcho();
    await using folder = await temporaryFolder();
    const file = await folder.write("exporter.yml", yamlFor(echo.host));
    await folder.write("token", TOKEN);
    const bad = await folder.write(
      "bad.yml",
      yamlFor(echo.host).replaceAll("module: web,", "module: wep, hostname: 'a b',"),
    );
    const address = addressAt(echo.host);
    for (const args of [
      ["config", "show", `--config.file=${file}`],
      ["--config.check", `--config.file=${file}`],
      ["--config.check", `--config.file=${bad}`],
      ["probe", `--config.file=${file}`],
      ["probe", `--config.file=${file}`, "web", "--output=json"],
      ["probe", `--config.file=${file}`, address, "--module=web"],
      ["probe", `--config.file=${file}`, address, "--module=none"],
      ["probe", `--config.file=${file}`, address],
      ["probe", address],
      ["probe", address, "--debug"],
    ]) {
      await using command = runMain(args);
      await command.exited;
      expect([args[0], secretsIn(command.output())]).toEqual([args[0], []]);
    }
  });
});

test("keys of an older version's store are replaced once, with their values, and are in no page and no backup after it", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "s.db");
  const address = addressAt("127.0.0.1:1");
  const yaml = `
modules: { web: { prober: http, timeout: 1s } }
targets: [{ name: web, module: web, target: "${address}", failover: {}, interval: 1h }]
`;
  const args = [`--storage.path=${path}`];
  const mode = async (exporter: ExporterProcess) => await exporter.json("/config/mode");
  await using first = await startExporter({ yaml, args });
  await waitUntil("a write", () => (readdirSync(folder.path).includes("s.db-wal") ? true : undefined));
  await first.get("/metrics");
  await first.process.stop();
  // As an older version has written it.
  const db = new DatabaseSync(path);
  const old = `true ${JSON.stringify(["web", "web", address, null, null])}`;
  const state = {
    health: "unhealthy",
    mode: "fallback",
    modeSince: 1_700_000_000,
    consecutiveFailures: 7,
    consecutiveSuccesses: 0,
    against: 0,
    triggered: 4,
    recovered: 3,
    overdue: false,
    lastResultId: 9,
    lastProbeAt: 1_700_000_100,
  };
  const write = (key: string, value: string): void =>
    void db
      .prepare("insert into shelves values ('failover', ?, ?, ?)")
      .run(key, value, checksumOf("failover", key, value));
  db.exec("delete from shelves where shelf = 'failover'");
  write(old, JSON.stringify(state));
  const removed = old.replace('"web"', '"removed"');
  write(removed, JSON.stringify(state));
  db.exec(`delete from shelves where key like '%removed%'`);
  db.close();
  expect(secretsIn(readFileSync(path, "latin1"))).not.toEqual([]);
  backupStore(path, join(folder.path, "before.db"));

  await using second = await startExporter({ yaml, args });
  expect(await mode(second)).toMatchObject({ current_mode: "fallback", mode_since: "2023-11-14T22:13:20Z" });
  await second.process.stop();
  backupStore(path, join(folder.path, "after.db"));
  for (const name of readdirSync(folder.path))
    expect([name, secretsIn(readFileSync(join(folder.path, name), "latin1"))]).toEqual([name, []]);
  const read = new DatabaseSync(path, { readOnly: true });
  const keys = read.prepare("select key from shelves where shelf = 'failover'").all();
  read.close();
  expect(keys).toEqual([{ key: `true ${identityFrom(["web", "web", address, undefined, undefined])}` }]);
});
