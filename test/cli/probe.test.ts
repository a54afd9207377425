import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runMain } from "../helpers/exporter.ts";
import { parseExposition, valueOf } from "../helpers/exposition.ts";
import { CLOSED_PORT, serveHttp, type TestServer } from "../helpers/http-targets.ts";
import { startLlama } from "../helpers/llama.ts";
import { run } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { HEALTHY_PIECES, writeTinyModel } from "../helpers/tiny-model.ts";

const GOLDEN = join(import.meta.dirname, "../golden/probe");

const yaml = (server: TestServer, closed: number) => `
prices: { "*": { input: 1, output: 2 } }
modules:
  http_2xx: { prober: http, timeout: 5s }
  long: { prober: http, timeout: 30s }
targets:
  - { name: interpreter, module: http_2xx, target: "http://${server.host}/health" }
  - { name: legacy, module: long, target: "http://${server.host}/teapot" }
  - { name: gone, module: http_2xx, target: "http://user:hidden@127.0.0.1:${closed}/" }
`;

/** Runs `probe` with a configuration, and replaces ports and times, which differ between runs. */
async function probe(text: string, ...args: readonly string[]) {
  await using folder = await temporaryFolder();
  await using main = runMain(["probe", `--config.file=${await folder.write("exporter.yml", text)}`, ...args]);
  const { code } = await main.exited;
  const normalize = (output: string): string =>
    output
      .replaceAll(`${folder.path}/`, "")
      .replaceAll(/127\.0\.0\.1:\d+/g, "HOST")
      .replaceAll(/\d+\.\d{3} s/g, "0.000 s");
  return { code, stdout: normalize(main.stdout()), stderr: normalize(main.stderr()), raw: main.stdout() };
}

async function withServer<T>(use: (server: TestServer, text: string) => Promise<T>): Promise<T> {
  await using server = await serveHttp((request, response) => {
    response.writeHead(request.url === "/teapot" ? 418 : 200).end("fine");
  });
  return await use(server, yaml(server, CLOSED_PORT));
}

describe("heartbeat-exporter probe", () => {
  test("probes all configured targets and exits with 1 if one fails", () =>
    withServer(async (_server, text) => {
      const { code, stdout, stderr } = await probe(text);
      expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
      await expect(stdout).toMatchFileSnapshot(join(GOLDEN, "table.txt"));
    }));

  test("probes the named targets and exits with 0 if they succeed", () =>
    withServer(async (_server, text) => {
      const { code, stdout } = await probe(text, "interpreter", "interpreter");
      expect(code).toBe(0);
      expect(stdout).toContain("1 succeeded");
      expect(stdout).not.toContain("legacy");
    }));

  test("shows why a target is degraded, which is a success", async () => {
    await using server = await serveHttp((_request, response) => void response.end("running late"));
    const text = `
modules: { page: { prober: http, http: { degraded_if_body_matches_regexp: [late] } } }
targets: [{ name: shop, module: page, target: "http://${server.host}" }]
`;
    const { code, stdout } = await probe(text);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^shop +page +degraded +0.000 s +body_mismatch: the body matches late$/m);
    const { raw } = await probe(text, "--json");
    const { targets } = JSON.parse(raw) as { targets: object[] };
    const degraded = { reason: "body_mismatch", detail: "the body matches late" };
    expect(targets).toMatchObject([{ success: true, degraded }]);
  });

  test("probes an address with a module", () =>
    withServer(async (server, text) => {
      const { code, raw } = await probe(
        text,
        "--module=http_2xx",
        "--json",
        `http://a:secret@${server.host}/`,
      );
      expect(code).toBe(0);
      expect(JSON.parse(raw)).toMatchObject({
        success: true,
        targets: [
          { name: `http://<secret>@${server.host}/`, module: "http_2xx", success: true, reason: null },
        ],
      });
      expect(raw).not.toContain("a:secret");
    }));

  test("prints JSON with reasons and details but without passwords", () =>
    withServer(async (_server, text) => {
      const { code, raw } = await probe(text, "--json");
      expect(code).toBe(1);
      expect(JSON.parse(raw)).toMatchObject({
        success: false,
        targets: [
          { name: "interpreter", kind: "http", success: true, detail: null },
          { name: "legacy", success: false, reason: "http_status" },
          { name: "gone", success: false, reason: "connect" },
        ],
      });
      expect(raw).not.toContain("hidden");
    }));

  test("prints the series that /metrics would expose", () =>
    withServer(async (_server, text) => {
      const { raw } = await probe(text, "--exposition");
      expect(parseExposition(raw).series.length).toBeGreaterThan(10);
      expect(valueOf(raw, "probe_success", { target: "interpreter", module: "http_2xx" })).toBe(1);
      expect(valueOf(raw, "probe_failure_reason", { target: "legacy", reason: "http_status" })).toBe(1);
    }));

  test("prints the log of a probe", () =>
    withServer(async (_server, text) => {
      const { stdout } = await probe(text, "--debug", "legacy");
      expect(stdout).toMatch(/^Target legacy\n\nLogs for the probe:\n/);
      expect(stdout).toContain("probe failed (http_status)");
    }));

  test("--timeout shortens the module's timeout and never lengthens it", async () => {
    await using server = await serveHttp(() => {});
    const text = `modules: { patient: { prober: http, timeout: 1m }, hasty: { prober: http, timeout: 2s } }
targets:
  - { name: patient, module: patient, target: "http://${server.host}/" }
  - { name: hasty, module: hasty, target: "http://${server.host}/" }`;
    const took = async (...args: readonly string[]) =>
      (JSON.parse((await probe(text, "--json", ...args)).raw) as { targets: { duration_seconds: number }[] })
        .targets[0]?.duration_seconds;
    expect(await took("patient", "--timeout=100ms")).toBeLessThan(30);
    const long = await took("hasty", "--timeout=2m");
    expect(long).toBeGreaterThan(1);
    expect(long).toBeLessThan(60);
  });

  test.each([
    [
      "an unknown name, with a suggestion",
      ["interpretr"],
      'target: got "interpretr", want the name of a configured target (did you mean interpreter?)',
    ],
    ["an address without a module", ["x.example:1"], "to probe an address, pass --module"],
    ["a URL whose module the file lacks", ["ws://x.example/"], "to probe an address, pass --module"],
    [
      "an unknown module",
      ["--module=smtp", "x"],
      'module: got "smtp", want a configured module (http_2xx, long)',
    ],
    ["a module without an address", ["--module=http_2xx"], "--module: got no address, want at least one"],
    ["two output formats", ["--json", "--debug"], "want at most one of them"],
    ["a model without a module", ["--model=x"], "--model and --hostname require --module"],
    ["an unknown flag", ["--jason"], "unknown option '--jason'"],
    ["an invalid duration", ["--timeout=soon"], "want a duration such as 30s"],
  ])("rejects %s with exit code 2", (_title, args, message) =>
    withServer(async (_server, text) => {
      const { code, stdout, stderr } = await probe(text, ...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(message);
    }),
  );

  test("probes a URL with http_2xx, if the file has it", () =>
    withServer(async (server, text) => {
      const { code, stdout } = await probe(text, `http://${server.host}/other`, "interpreter");
      expect(code).toBe(0);
      expect(stdout).toMatch(/^http:\/\/HOST\/other +http_2xx +ok/m);
      const none = await probe(
        text.replace("http_2xx:", "web:").replaceAll("module: http_2xx", "module: web"),
        "http://x/",
      );
      expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("pass --module") });
    }));

  test("rejects an invalid or missing configuration with exit code 2", async () => {
    const bad = await probe("modules: { a: { prober: smtp } }");
    expect(bad.code).toBe(2);
    expect(bad.stderr).toContain("exporter.yml:1:25: modules.a.prober");
    await using none = runMain(["probe"]);
    expect((await none.exited).code).toBe(2);
    expect(none.stderr()).toContain("nothing is configured: pass --config.file");
  });

  test("shows pending probes and colours on a terminal", async () => {
    await using server = await serveHttp((_request, response) => void setTimeout(() => response.end(), 700));
    await using folder = await temporaryFolder();
    const text = `modules: { http_2xx: { prober: http, timeout: 5s } }
targets: [{ name: slow, module: http_2xx, target: "http://${server.host}/" }]`;
    const config = await folder.write("exporter.yml", text);
    const { NO_COLOR: _none, ...clean } = process.env;
    const command = [process.execPath, "src/main.ts", "probe", `--config.file=${config}`];
    const onTerminal = async (env: Readonly<Record<string, string>>): Promise<string> => {
      const { stdout } = await run(["script", "-qec", command.join(" "), "/dev/null"], {
        env: { ...clean, TERM: "xterm", ...env },
      });
      return stdout;
    };
    const coloured = await onTerminal({});
    expect(coloured).toMatch(/0 of 1 probed, \d\.\d s, waiting for slow/);
    expect(coloured).toContain("\u001b[32mok\u001b[39m");
    expect(coloured).toContain("\r\u001b[Ktarget ");
    expect(await onTerminal({ NO_COLOR: "1" })).toMatch(/http_2xx {2}ok +\d/);
    expect(await onTerminal({ TERM: "dumb" })).not.toContain("\u001b");
    const { stdout, stderr } = await run(command, { env: { ...clean, TERM: "xterm" } });
    expect(stdout + stderr).not.toContain("\u001b");
  });

  test("shows the answer of a real model and its cost", async () => {
    await using folder = await temporaryFolder();
    const model = join(folder.path, "tiny.gguf");
    await writeTinyModel(model, { answer: HEALTHY_PIECES });
    await using llama = await startLlama({ model });
    const text = `
prices: { "*": { input: 1000, output: 2000 } }
modules:
  chat: { prober: llm, timeout: 10s, llm: { api: openai, model: tiny } }
  picky: { prober: llm, timeout: 10s, llm: { api: openai, model: tiny, expect: { word: READY } } }
targets:
  - { name: tiny, module: chat, target: "${llama.url}/v1" }
  - { name: picky, module: picky, target: "${llama.url}/v1" }`;
    const { code, stdout, raw } = await probe(text);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^tiny +chat +ok +0\.000 s +answered "HEALTHY"$/m);
    expect(stdout).toMatch(/^picky +picky +failed +0\.000 s +content_mismatch: .*HEALTHY/m);
    expect(raw).toMatch(/1 of 2 failed; spent \d+ input and 8 output tokens, 0\.\d{6} dollars\n$/);
  });
});
