import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { importEcosystem } from "../../src/cli/import/ecosystem.ts";
import { createNotes } from "../../src/cli/import/fields.ts";
import { withoutComments } from "../../src/cli/import/formats.ts";
import { createNames } from "../../src/cli/import/names.ts";
import { createSecrets } from "../../src/cli/import/secrets.ts";
import { openSource } from "../../src/cli/import/source.ts";
import { configDeps } from "../../src/cli/load-config.ts";
import { loadConfigText } from "../../src/config/load.ts";
import { runMain } from "../helpers/exporter.ts";
import { PROBER_KINDS } from "../helpers/prober-kinds.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const GOLDEN = join(import.meta.dirname, "../golden/import");

/** A configuration with every key of an ecosystem health monitor, and comments as in its guide. */
const ECOSYSTEM = `{
  "check_interval_seconds": 30,        // How often to check services
  "timeout_seconds": 10,               // HTTP timeout for health checks
  "max_consecutive_failures": 5,       // Max failures before critical alert
  "database_path": "health_monitoring.db",
  "log_level": "INFO",
  "services": [
    { "name": "interpreter", "url": "http://localhost:5120/health", "critical": true, "expected_response_time": 2.0 },
    { "name": "Doc Store", "url": "http://localhost:5087/health?x=//y", "critical": false, "expected_response_time": 0.25 },
    { "name": "doc-store", "url": "http://localhost:5088/\${HOME}", "team": "docs" }
  ],
  "alert_rules": [
    { "name": "service_down", "condition": "status == 'unhealthy'", "severity": "critical", "threshold": 1, "duration_minutes": 2, "enabled": true },
    { "name": "memory_usage_high", "condition": "memory_usage > 80", "severity": "warning", "enabled": false }
  ],
  "alerting": {
    "email_notifications": { "enabled": true, "smtp_server": "smtp.example.com", "password": "app_password_here" },
    "slack_notifications": { "enabled": true, "webhook_url": "https://hooks.example.com/services/SECRET", "channel": "#alerts" },
    "webhook_notifications": { "enabled": false, "headers": { "Authorization": "Bearer your-token" } }
  },
  "self_healing": { "enabled": true, "restart_unhealthy_services": true, "max_restart_attempts": 3, "restart_cooldown_minutes": 5 },
  "retention_days": 30
}
`;

const BLACKBOX = `# The usual modules.
modules:
  http_2xx:
    prober: http
    http:
      preferred_ip_protocol: ip4 # until v6 works
  ftp:
    prober: ftp
  speed:
    prober: iperf
    iperf: { server: "192.0.2.1:5201" }
`;

/** Modules of the probers that blackbox_exporter has, as they are published. */
const PUBLISHED: Readonly<Record<string, string>> = {
  http: `{ prober: http, timeout: 5s, http: { method: POST, headers: { Content-Type: application/json }, body: "{}", valid_http_versions: [HTTP/1.1, HTTP/2.0], fail_if_not_ssl: true, tls_config: { insecure_skip_verify: true } } }`,
  tcp: `{ prober: tcp, tcp: { query_response: [{ expect: "^SSH-2.0-" }, { send: "SSH-2.0-blackbox-ssh-check" }] } }`,
  dns: `{ prober: dns, dns: { query_name: example.com, query_type: MX, validate_answer_rrs: { fail_if_not_matches_regexp: [mail] } } }`,
  icmp: `{ prober: icmp, timeout: 5s, icmp: { ttl: 5 } }`,
  grpc: `{ prober: grpc, grpc: { tls: true, service: health } }`,
  unix: `{ prober: unix, unix: { query_response: [{ expect: "^OK" }] } }`,
};

const TARGETS = JSON.stringify([
  {
    targets: ["https://example.com/a", "https://user:hidden@example.com/b"],
    labels: { team: "web", job: "x", __meta_x: "y" },
  },
  { targets: ["host.example.com"], labels: { __param_module: "ftp" } },
]);

async function run(args: readonly string[], files: Readonly<Record<string, string>> = {}) {
  await using folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) await folder.write(name, content);
  await using main = runMain(["config", ...args.map((arg) => arg.replace("FOLDER", folder.path))]);
  const { code } = await main.exited;
  const plain = (text: string): string => text.replaceAll(`${folder.path}/`, "");
  const output = await readFile(join(folder.path, "out.yml"), "utf8").then(plain, () => undefined);
  const mode = output === undefined ? undefined : (await stat(join(folder.path, "out.yml"))).mode & 0o777;
  return { code, stdout: plain(main.stdout()), stderr: plain(main.stderr()), output, mode };
}

const load = (yaml: string) =>
  loadConfigText(
    yaml,
    "imported.yml",
    { HOME: "/root", SLACK_URL: "http://x/y", HEARTBEAT_ACTIONS_PASSWORD: "x" },
    configDeps,
  );

describe("heartbeat-exporter config", () => {
  test("check accepts a valid configuration and prints the problems of an invalid one", async () => {
    const files = {
      "a.yml": "modules: { a: { prober: http } }",
      "b.yml": "modules: { a: { prober: smtp } }",
    };
    expect(await run(["check", "--config.file=FOLDER/a.yml"], files)).toMatchObject({
      code: 0,
      stdout: "the configuration is good: 1 module, 0 targets\n",
    });
    const bad = await run(["check", "--config.file=FOLDER/b.yml"], files);
    expect({ code: bad.code, stdout: bad.stdout }).toEqual({ code: 1, stdout: "" });
    expect(bad.stderr).toContain(`b.yml:1:25: modules.a.prober: got "smtp", want ${PROBER_KINDS}`);
  });

  const SHARDED = `modules: { a: { prober: http } }
targets:
  - { name: gpt, module: a, target: "http://127.0.0.1:1/" }
  - { name: interpreter, module: a, target: "http://127.0.0.1:1/" }
groups: [{ name: divided, members: [gpt, interpreter] }]
`;
  const DIVIDED =
    "warning: a.yml:5:27: groups[0].members: are on several shards (gpt on 1, interpreter on 0), so no shard has this group; aggregate it by a recording rule\n";

  test.each([
    ["no shard", [], "1 module, 2 targets, 1 group", ""],
    ["one shard", ["--shard=0", "--total-shards=3"], "1 module, 1 target", DIVIDED],
    [
      "all shards",
      ["--total-shards=3"],
      "1 module, 2 targets, 1 group; 0 to 1 targets and heartbeats on each of 3 shards",
      DIVIDED,
    ],
  ])("check covers %s", async (_title, flags, summary, stderr) => {
    expect(await run(["check", "--config.file=FOLDER/a.yml", ...flags], { "a.yml": SHARDED })).toMatchObject({
      code: 0,
      stdout: `the configuration is good: ${summary}\n`,
      stderr,
    });
  });

  test("check refuses what no shard can do, and half a shard", async () => {
    const files = { "a.yml": `${SHARDED}health: { group: divided }\n` };
    const bad = await run(["check", "--config.file=FOLDER/a.yml", "--total-shards=3"], files);
    expect(bad.code).toBe(1);
    expect(bad.stderr).toContain("health.group: got divided, whose members are on several shards");
    const half = await run(["check", "--config.file=FOLDER/a.yml", "--shard=1"], files);
    expect(half.code).toBe(2);
    expect(half.stderr).toContain("--shard: got no --total-shards");
  });

  test("print redacts the secrets of a file and renders the environment as an equivalent file", async () => {
    const yaml = "modules: { a: { prober: http, http: { basic_auth: { username: u, password: hidden } } } }";
    const printed = await run(["print", "--config.file=FOLDER/a.yml"], { "a.yml": yaml });
    expect(printed.stdout).toContain("password: <secret>");
    expect(printed.stdout).not.toContain("hidden");
    const env = { HEARTBEAT_LLM_URL: "http://127.0.0.1:1/v1", HEARTBEAT_FAILURE_THRESHOLD: "4" };
    await using main = runMain(["config", "print"], env);
    expect((await main.exited).code).toBe(0);
    const again = loadConfigText(main.stdout(), "printed.yml", {}, configDeps);
    expect(again.targets[0]).toMatchObject({
      name: "llm",
      interval: 30,
      thresholds: { failures: 4, successes: 2 },
    });
  });

  test("prints its help and exits with 2 without a subcommand", async () => {
    const { code, stderr } = await run([]);
    expect(code).toBe(2);
    expect(stderr).toContain("import [options] <file>");
  });
});

describe("heartbeat-exporter config import", () => {
  test("imports the services of an ecosystem health monitor", async () => {
    const { code, stdout, stderr } = await run(["import", "FOLDER/health.json"], {
      "health.json": ECOSYSTEM,
    });
    expect(code).toBe(0);
    expect(load(stdout).targets).toMatchObject([
      {
        name: "interpreter",
        address: "http://localhost:5120/health",
        critical: true,
        schedule: "interval",
        interval: 30,
        expectedDuration: 2,
        thresholds: { failures: 5 },
        module: { timeout: 10 },
      },
      { name: "Doc-Store", address: "http://localhost:5087/health?x=//y", expectedDuration: 0.25 },
      { name: "doc-store", address: "http://localhost:5088/${HOME}", critical: false },
    ]);
    for (const secret of ["app_password_here", "SECRET", "your-token"])
      expect(stdout + stderr).not.toContain(secret);
    for (const line of stderr.trim().split("\n")) expect(stdout).toContain(line);
  });

  test("imports blackbox.yml with targets of file service discovery and keeps comments", async () => {
    const files = { "blackbox.yml": BLACKBOX, "targets.json": TARGETS };
    const args = [
      "import",
      "FOLDER/blackbox.yml",
      "--targets=FOLDER/targets.json",
      "--output=FOLDER/out.yml",
    ];
    const { code, stdout, stderr, output = "" } = await run(args, files);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    await expect(output).toMatchFileSnapshot(join(GOLDEN, "blackbox.yml"));
    expect(stderr).toContain("module ftp is not imported: prober ftp is not supported");
    expect(stderr).toContain("target host.example.com is not imported: its module ftp was not imported");
    expect(load(output).targets).toMatchObject([
      {
        name: "example.com-a",
        address: "https://example.com/a",
        labels: { team: "web" },
        schedule: "on_scrape",
      },
      { name: "example.com-b", address: "https://user:hidden@example.com/b" },
    ]);
  });

  test("is not needed for blackbox.yml, which runs as it is", async () => {
    const kinds = new Set(configDeps.probers.map(({ kind }) => kind));
    const modules = Object.entries(PUBLISHED).filter(([kind]) => kinds.has(kind));
    expect(modules.length).toBeGreaterThan(0);
    const yaml = `# Kept.\nmodules:\n${modules.map(([kind, module]) => `  ${kind}_up: ${module}\n`).join("")}`;
    const { code, stdout, stderr } = await run(["import", "FOLDER/blackbox.yml"], { "blackbox.yml": yaml });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("# Kept.");
    expect(parse(stdout)).toEqual(parse(yaml));
    const shown = (text: string) =>
      [...load(text).modules.values()].map(({ name, prober, source }) => [name, prober.kind, source]);
    expect(shown(yaml)).toEqual(shown(stdout));
    expect(shown(yaml).map(([name]) => name)).toEqual(modules.map(([kind]) => `${kind}_up`));
    const checked = await run(["check", "--config.file=FOLDER/blackbox.yml"], { "blackbox.yml": yaml });
    expect(checked.code).toBe(0);
  });

  test("gives the result the permissions of the original", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("blackbox.yml", "modules: { a: { prober: http } }\n");
    const { chmod } = await import("node:fs/promises");
    await chmod(file, 0o600);
    await using main = runMain(["config", "import", file, `--output=${join(folder.path, "out.yml")}`]);
    expect((await main.exited).code).toBe(0);
    expect((await stat(join(folder.path, "out.yml"))).mode & 0o777).toBe(0o600);
  });

  test.each([
    ["a missing file", ["import", "FOLDER/none.json"], {}, 2, "none.json: cannot be read: ENOENT"],
    [
      "an unknown format",
      ["import", "FOLDER/a.json"],
      { "a.json": '{"password":"hidden"}' },
      2,
      "a.json: got none of the keys of a known program",
    ],
    ["invalid JSON", ["import", "FOLDER/a.json"], { "a.json": '{"services": [hidden' }, 2, "a.json:1:"],
    [
      "services with wrong keys",
      ["import", "FOLDER/a.json"],
      { "a.json": '{"services": [{"name": 5}]}' },
      2,
      "a.json:1:16: services[0].name: got number, want text",
    ],
    [
      "an invalid result",
      ["import", "FOLDER/a.json"],
      {
        "a.json":
          '{"check_interval_seconds": 5, "timeout_seconds": 10, "services": [{"name": "a", "url": "http://x"}]}',
      },
      1,
      "a.json: targets[0].interval: got 5s, want an interval >= 10s",
    ],
    [
      "targets without blackbox.yml",
      ["import", "FOLDER/a.json", "--targets=x"],
      { "a.json": '{"services": []}' },
      2,
      "--targets requires blackbox.yml",
    ],
    [
      "an output that cannot be written",
      ["import", "FOLDER/a.yml", "--output=/nowhere/x"],
      { "a.yml": "modules: { a: { prober: http } }" },
      1,
      "/nowhere/x: cannot be written: ENOENT",
    ],
  ])("rejects %s", async (_title, args, files, code, message) => {
    const rejected = await run(args, files);
    expect({ code: rejected.code, stdout: rejected.stdout }).toEqual({ code, stdout: "" });
    expect(rejected.stderr).toContain(message);
    expect(rejected.stderr).not.toContain("hidden");
  });

  test("imports services with any name and URL", () => {
    const service = fc.record({
      name: fc.string({ unit: "binary", minLength: 1 }),
      url: fc.webUrl({ withQueryParameters: true }),
      critical: fc.boolean(),
      expected_response_time: fc.double({ min: 0.001, max: 1000, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(service, { maxLength: 5 }), (services) => {
        const source = openSource("x.json", JSON.stringify({ services }));
        const notes = createNotes(source);
        const { document } = importEcosystem({ source, notes, secrets: createSecrets(undefined, notes) });
        const { targets } = load(document.toString({ lineWidth: 0 }));
        expect(targets.map(({ address, critical }) => ({ address, critical }))).toEqual(
          services.map(({ url, critical }) => ({ address: url, critical })),
        );
        expect(new Set(targets.map(({ name }) => name)).size).toBe(services.length);
      }),
      { numRuns: 50 },
    );
  });

  test("makes valid and unique names", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 300 })), (texts) => {
        const names = texts.map(createNames());
        expect(new Set(names).size).toBe(texts.length);
        for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/);
      }),
    );
  });

  test("removes comments from JSON, but not text that looks like a comment", () => {
    fc.assert(
      fc.property(fc.json(), fc.string(), (json, comment) => {
        const line = comment.replaceAll("\n", "");
        expect(parse(withoutComments(`// ${line}\n${json} // ${line}\n`))).toEqual(JSON.parse(json));
      }),
    );
  });
});
