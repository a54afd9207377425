import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { type ExporterProcess, runMain, startExporter, terminate } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { PROBER_KINDS } from "../helpers/prober-kinds.ts";
import { start, waitUntil } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Starts a server that counts its requests and answers them by `answer`. */
async function target(
  answer: (finish: () => void) => void,
): Promise<{ url: string; requests: () => number }> {
  let requests = 0;
  const server = createServer((_req, res) => {
    requests += 1;
    answer(() => res.end("ok\n"));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests: () => requests };
}

const TOKEN = "control-token-of-the-test";
const MODULES = "modules: { http_2xx: { prober: http, timeout: 5s } }\n";
const withTarget = (url: string) =>
  `control: { token_file: token }\n${MODULES}targets: [{ name: one, module: http_2xx, target: "${url}" }]\n`;
const reload = ({ url }: ExporterProcess) =>
  fetch(`${url}/-/reload`, { method: "POST", headers: { Authorization: `Bearer ${TOKEN}` } });

describe("1,000 simultaneous requests for one target", () => {
  it("cost one probe", async () => {
    let finish = (): void => {};
    const held = await target((end) => {
      finish = end;
    });
    // The probe must not end before the last of the requests has come.
    await using exporter = await startExporter({ yaml: MODULES.replace("timeout: 5s", "timeout: 5m") });
    const path = `/probe?module=http_2xx&target=${encodeURIComponent(held.url)}`;
    const asked = Array.from({ length: 1000 }, () => exporter.get(path));
    const inFlight = async () =>
      valueOf(await exporter.get("/metrics?collect[]=exporter"), "nodejs_active_resources", {
        type: "TCPSocketWrap",
      }) ?? 0;
    await waitUntil("all requests at the exporter", async () =>
      (await inFlight()) >= 1000 ? true : undefined,
    );
    await waitUntil("the request at the target", () => held.requests() > 0 || undefined);
    expect(held.requests()).toBe(1);
    finish();
    for (const text of await Promise.all(asked)) expect(text).toContain("probe_success 1\n");
    expect(held.requests()).toBe(1);
  });
});

describe("shutdown", () => {
  it("takes at most 5 s after SIGTERM and exits with 0, even with a probe in flight", async () => {
    const silent = await target(() => {});
    await using exporter = await startExporter({ yaml: `modules: { http_2xx: { prober: http } }\n` });
    const waiting = fetch(`${exporter.url}/probe?module=http_2xx&target=${encodeURIComponent(silent.url)}`);
    await waitUntil("the probe", () => (silent.requests() === 1 ? true : undefined));
    const { exit, took } = await terminate(exporter);
    expect(exit).toEqual({ code: 0, signal: null });
    expect(took).toBeLessThan(5);
    const answer = await waiting;
    expect(answer.status).toBe(503);
    expect(await answer.text()).toBe("the exporter is shutting down\n");
  });

  it("works through npm start", async () => {
    await using npm = start(["npm", "start", "--", "--web.listen-address=127.0.0.1:0"]);
    await npm.waitForOutput(/heartbeat-exporter listens/);
    npm.kill("SIGTERM");
    await npm.exited;
    expect(npm.stderr()).toContain("msg=goodbye");
  });

  /** Begins a request and does not end it, which holds the shutdown for as long as it may take. */
  const holdRequest = async ({ url }: ExporterProcess): Promise<Socket> => {
    const { hostname, port } = new URL(url);
    const client = connect(Number(port), hostname);
    await new Promise((resolve) => client.once("connect", resolve));
    client.on("error", () => {});
    client.write("GET /metrics HTTP/1.1\r\n");
    return client;
  };

  it("does not wait for a client that sends no request", async () => {
    await using exporter = await startExporter({ yaml: MODULES });
    const client = await holdRequest(exporter);
    const { exit, took } = await terminate(exporter);
    client.destroy();
    expect(exit.code).toBe(0);
    expect(took).toBeLessThan(5);
  });

  it("takes signals that arrive together for one request, as timeout and npm send them", async () => {
    await using exporter = await startExporter({ yaml: MODULES });
    const client = await holdRequest(exporter);
    exporter.process.kill("SIGTERM");
    await exporter.process.waitForOutput(/shutting down/);
    exporter.process.kill("SIGTERM");
    exporter.process.kill("SIGINT");
    expect(await exporter.process.exited).toEqual({ code: 0, signal: null });
    expect(exporter.process.output()).toContain("goodbye");
    client.destroy();
  });

  it("ends at once when it is asked again later", async () => {
    await using exporter = await startExporter({ yaml: MODULES });
    const client = await holdRequest(exporter);
    exporter.process.kill("SIGINT");
    await exporter.process.waitForOutput(/shutting down/);
    await pause(600);
    exporter.process.kill("SIGINT");
    expect(await exporter.process.exited).toEqual({ code: 130, signal: null });
    client.destroy();
  });
});

describe("reload", () => {
  it("by request: applies a good configuration, and keeps the old one if the new one is bad", async () => {
    const [first, second] = [await target((end) => end()), await target((end) => end())];
    await using exporter = await startExporter({ yaml: withTarget(first.url), files: { token: TOKEN } });
    await exporter.get("/metrics");
    expect([first.requests(), second.requests()]).toEqual([1, 0]);

    await exporter.folder.write("exporter.yml", withTarget(second.url));
    const good = await reload(exporter);
    expect([good.status, await good.text()]).toEqual([200, "Reloaded\n"]);
    await exporter.get("/metrics");
    expect([first.requests(), second.requests()]).toEqual([1, 1]);

    const file = await exporter.folder.write(
      "exporter.yml",
      withTarget(second.url).replace("timeout: 5s", "timeout: soon"),
    );
    const bad = await reload(exporter);
    expect(bad.status).toBe(500);
    expect(await bad.text()).toBe(
      `the new configuration has problems, the old one stays in use:\n${file}:2:47: modules.http_2xx.timeout: got "soon", want a duration such as 30s, 2m, 1h30m or 500ms\n`,
    );
    const text = await exporter.get("/metrics");
    expect(second.requests()).toBe(2);
    expect(valueOf(text, "heartbeat_exporter_config_last_reload_successful")).toBe(0);
    expect(valueOf(text, "probe_success", { target: "one" })).toBe(1);
  });

  it("by SIGHUP, and by a change of the file with --config.enable-auto-reload", async () => {
    const [first, second] = [await target((end) => end()), await target((end) => end())];
    for (const how of ["signal", "watch"] as const) {
      const args = how === "watch" ? ["--config.enable-auto-reload", "--config.auto-reload-interval=1s"] : [];
      await using exporter = await startExporter({
        yaml: withTarget(first.url),
        files: { token: TOKEN },
        args,
      });
      await exporter.folder.write("exporter.yml", withTarget(second.url));
      if (how === "signal") exporter.process.kill("SIGHUP");
      const shown = await waitUntil(`a reload by ${how}`, async () => {
        const config = await exporter.get("/config");
        return config.includes(second.url) ? config : undefined;
      });
      expect(shown).not.toContain(first.url);
    }
  });

  it("keeps the state of unchanged targets", async () => {
    const up = await target((end) => end());
    await using exporter = await startExporter({ yaml: withTarget(up.url), files: { token: TOKEN } });
    await exporter.get("/metrics");
    await exporter.get("/metrics");
    await exporter.folder.write(
      "exporter.yml",
      `${withTarget(up.url)}limits: { max_concurrent_probes: 7 }\n`,
    );
    await reload(exporter);
    const text = await exporter.get("/metrics");
    expect(valueOf(text, "heartbeat_consecutive_successes", { target: "one" })).toBe(3);
    expect(valueOf(text, "heartbeat_health_checks_total", { target: "one", status: "success" })).toBe(3);
  });
});

describe("a failed start exits with 1 and says why", () => {
  const ended = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    await using run = runMain(args, env);
    const { code } = await run.exited;
    return { code, text: run.stderr() };
  };

  it("for a port in use", async () => {
    const other = createTcpServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    await using folder = await temporaryFolder();
    const file = await folder.write("exporter.yml", MODULES);
    const { code, text } = await ended([`--config.file=${file}`, `--web.listen-address=127.0.0.1:${port}`]);
    other.close();
    expect(code).toBe(1);
    expect(text).toBe(
      `127.0.0.1:${port}: the port is in use by another program; choose another with --web.listen-address\n`,
    );
  });

  it("for no configuration", async () => {
    const { code, text } = await ended([]);
    expect(code).toBe(2);
    expect(text).toBe(
      "nothing is configured: pass --config.file, or describe an LLM with HEARTBEAT_LLM_URL and\nHEARTBEAT_LLM_MODEL, or accept pings with HEARTBEAT_PING_TOKEN;\n--demo runs a demonstration, init writes a first configuration, --help explains the options\n",
    );
  });

  it("for a missing file", async () => {
    const { code, text } = await ended(["--config.file=/nowhere/exporter.yml"]);
    expect(code).toBe(2);
    expect(text).toBe("/nowhere/exporter.yml: got no such file, want a readable YAML file\n");
  });

  it.each([
    { env: { HEARTBEAT_LLM_MODEL: "m" }, text: "HEARTBEAT_LLM_URL: got nothing, want " },
    {
      env: { HEARTBEAT_LLM_URL: "http://127.0.0.1:1/v1", HEARTBEAT_CHECK_INTERVAL: "abc" },
      text: 'HEARTBEAT_CHECK_INTERVAL: got "abc", want ',
    },
    {
      env: { HEARTBEAT_LLM_ULR: "http://127.0.0.1:1/v1" },
      text: "HEARTBEAT_LLM_ULR: unknown variable (did you mean HEARTBEAT_LLM_URL?)",
    },
    {
      env: { HEARTBEAT_LLM_MODEL: "m", HEARTBEAT_URL: "http://127.0.0.1:1/v1" },
      text: "HEARTBEAT_URL: unknown variable (did you mean HEARTBEAT_LLM_URL?)",
    },
  ])("for the environment $env", async ({ env, text }) => {
    const end = await ended([], env);
    expect(end.code).toBe(2);
    expect(end.text).toContain(text);
  });

  it.each([
    { flag: "--web.listen-address=nonsense", text: 'got "nonsense", want HOST:PORT or :PORT' },
    { flag: "--web.external-url=ftp://x", text: 'got "ftp://x", want a URL such as' },
    { flag: "--web.route-prefix=a b", text: 'got "a b", want a path such as /heartbeat' },
    { flag: "--timeout-offset=soon", text: 'got "soon", want a number of seconds, or a duration' },
    { flag: "--log.level=loud", text: "Allowed choices are debug, info, warn, error" },
    { flag: "--nope", text: "unknown option '--nope'" },
  ])("for the flag $flag", async ({ flag, text }) => {
    const end = await ended([flag]);
    expect(end.code).toBe(2);
    expect(end.text).toContain(text);
  });
});

describe("--config.check", () => {
  it("reports a good configuration, and all problems of a bad one", async () => {
    await using folder = await temporaryFolder();
    const good = runMain([`--config.file=${await folder.write("good.yml", MODULES)}`, "--config.check"]);
    expect((await good.exited).code).toBe(0);
    expect(good.stdout()).toBe("the configuration is good: 1 module, 0 targets\n");

    const file = await folder.write(
      "bad.yml",
      `modules:
  a: { prober: smtp }
  b: { prober: http, timeout: soon }
targets:
  - { name: x, module: b, target: "http://x" }
  - { name: x, module: c, target: "http://y" }
  - { name: y, module: b, target: "\${NOT_SET_ANYWHERE}" }
`,
    );
    const bad = runMain([`--config.file=${file}`, "--config.check"]);
    expect((await bad.exited).code).toBe(1);
    expect(bad.stderr().replaceAll(file, "bad.yml").replace(PROBER_KINDS, "KINDS")).toMatchInlineSnapshot(`
      "bad.yml:2:16: modules.a.prober: got "smtp", want KINDS
      bad.yml:3:31: modules.b.timeout: got "soon", want a duration such as 30s, 2m, 1h30m or 500ms
      bad.yml:6:13: targets[1].name: got "x", want a name that no other target has
      bad.yml:6:24: targets[1].module: got "c", want the name of a module: a or b (did you mean a?)
      bad.yml:7:35: targets[2].target: got \${NOT_SET_ANYWHERE}, which is not set, want the environment variable NOT_SET_ANYWHERE
      "
    `);
  });
});

describe("--help and --version", () => {
  it("print the flags and the version", async () => {
    const help = runMain(["--help"]);
    expect((await help.exited).code).toBe(0);
    for (const flag of [
      "--config.file",
      "--config.check",
      "--web.listen-address",
      "--timeout-offset",
      "--demo",
      "HEARTBEAT_LLM_URL",
      "SIGHUP",
    ]) {
      expect(help.stdout()).toContain(flag);
    }
    const version = runMain(["--version"]);
    await version.exited;
    expect(version.stdout()).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("a port in use", () => {
  it("ends npm start with 1 and one sentence", async () => {
    await using other = await serveHttp((_request, response) => response.end());
    await using npm = start(["npm", "start", "--silent", "--", `--web.listen-address=${other.host}`]);
    expect(await npm.exited).toEqual({ code: 1, signal: null });
    expect(npm.output()).toBe(
      `${other.host}: the port is in use by another program; choose another with --web.listen-address\n`,
    );
  });

  it("ends an exporter that a timer of its plugin would keep running", async () => {
    await using folder = await temporaryFolder();
    await using other = await serveHttp((_request, response) => response.end());
    const plugin = await folder.write("plugin.mjs", PLUGIN_WITH_TIMER);
    const file = await folder.write(
      "exporter.yml",
      `plugins: [${plugin}]\nmodules: { own: { prober: own } }\ntargets: [{ name: one, module: own, target: x }]\n`,
    );
    await using taken = runMain([`--config.file=${file}`, `--web.listen-address=${other.host}`]);
    expect(await taken.exited).toEqual({ code: 1, signal: null });
    expect(taken.stderr()).toMatch(/^127\.0\.0\.1:\d+: the port is in use by another program; .*\n$/);
    await using checked = runMain([`--config.file=${file}`, "--config.check"]);
    expect(await checked.exited).toEqual({ code: 0, signal: null });
    expect(checked.stdout()).toBe("the configuration is good: 1 module, 1 target, 1 plugin\n");
  });
});

const PLUGIN_WITH_TIMER = `
import { defineProber } from "heartbeat-exporter/plugin";
setInterval(() => {}, 1000);
export default defineProber({
  kind: "own", schema: { type: "object" }, costly: false, metrics: [], compile: () => ({}),
  probe: async () => ({ outcome: { ok: true }, samples: [] }),
});
`;

describe("--demo", () => {
  it("ends with a sentence if there are no free ports for its targets", async () => {
    const twoPorts = 'echo "50000 50001" > /proc/sys/net/ipv4/ip_local_port_range; exec "$@"';
    await using running = runMain(
      ["--demo"],
      {},
      { command: ["unshare", "-rn", "sh", "-c", twoPorts, "sh"] },
    );
    expect(await running.exited).toEqual({ code: 1, signal: null });
    expect(running.stderr()).toMatch(
      /^the targets of the demonstration cannot listen: listen EADDRINUSE: [^\n]*\n$/,
    );
  });

  it("ends if one of several listeners, a unix socket, is in use", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "taken.sock");
    const addresses = ["127.0.0.1:0", `unix://${path}`].map((one) => `--web.listen-address=${one}`);
    await using first = await startExporter({ yaml: MODULES, args: addresses });
    await using second = runMain(["--demo", ...addresses]);
    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect(second.stderr()).toBe(
      `unix://${path}: another program listens on this socket; stop it, or choose another path\n`,
    );
    expect(first.process.output()).toContain("heartbeat-exporter listens");
  });

  it.each([
    ["the configuration is only checked", ["--config.check"], 0],
    ["the web configuration is invalid", ["--web.config.file=/dev/null/web.yml"], 2],
    ["the port is in use", [], 1],
  ])("ends if %s", async (_title, args, code) => {
    await using other = await serveHttp((_request, response) => response.end());
    await using running = runMain(["--demo", `--web.listen-address=${other.host}`, ...args]);
    expect((await running.exited).code).toBe(code);
  });

  it("shows a failover within ten seconds, and announces itself", async () => {
    await using exporter = await startExporter({ args: ["--demo"] });
    await exporter.process.waitForOutput(/This is a demonstration/);
    await waitUntil("the failover", async () => {
      const { config } = (await exporter.json("/status?target=demo-llm")) as {
        config: Record<string, unknown>;
      };
      return config["current_mode"] === "fallback" ? true : undefined;
    });
    const text = await exporter.get("/metrics");
    const target = "demo-llm";
    const checks = ["success", "failure"]
      .map((status) => valueOf(text, "heartbeat_health_checks_total", { target, status }) ?? Number.NaN)
      .reduce((sum, count) => sum + count);
    // Ten seconds by the interval of the probes: on the wall, a busy machine takes longer.
    expect(checks * (valueOf(text, "heartbeat_interval_seconds", { target }) ?? Number.NaN)).toBeLessThan(10);
    expect(valueOf(text, "heartbeat_current_mode", { target, mode: "fallback" })).toBe(1);
  });
});
