import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { serveHttp, type TestServer } from "../helpers/http-targets.ts";

/** A model behind an API, which remembers the bodies and hosts that it was sent. */
interface Api {
  readonly server: TestServer;
  readonly models: (string | undefined)[];
  readonly hosts: (string | undefined)[];
  readonly bodies: string[];
}

async function serveApi(): Promise<Api> {
  const models: (string | undefined)[] = [];
  const hosts: (string | undefined)[] = [];
  const bodies: string[] = [];
  const server = await serveHttp((req, res) => {
    let body = "";
    hosts.push(req.headers.host);
    req.setEncoding("utf8").on("data", (part: string) => {
      body += part;
    });
    req.on("end", () => {
      const model = body === "" ? undefined : (JSON.parse(body) as { model?: string }).model;
      models.push(model);
      bodies.push(body);
      const choices = [
        { index: 0, message: { role: "assistant", content: "HEALTHY" }, finish_reason: "stop" },
      ];
      res.setHeader("Content-Type", "application/json");
      res.end(
        JSON.stringify({
          id: "1",
          object: "chat.completion",
          model,
          choices,
          usage: { prompt_tokens: 9, completion_tokens: 2 },
        }),
      );
    });
  });
  return { server, models, hosts, bodies };
}

const yaml = (host: string): string => `
modules:
  http_2xx: { prober: http, timeout: 2s }
  inside: { prober: http, timeout: 2s, http: { allowed_targets: [127.0.0.1, "*.allowed.example", "named.example:8443"] } }
  keyed: { prober: llm, timeout: 2s, min_interval: 0s, llm: { api: openai, stream: false, api_key: sk-secret-of-the-test, model: own, allowed_targets: [127.0.0.1], expect: { word: HEALTHY } } }
  listed: { prober: llm, timeout: 2s, min_interval: 0s, llm: { api: openai, stream: false, api_key: sk-secret-of-the-test, allowed_models: ["small-.*"], allowed_targets: [127.0.0.1] } }
  every: { prober: llm, timeout: 2s, min_interval: 0s, llm: { api: openai, stream: false, allowed_models: [".*"] } }
  plain: { prober: llm, timeout: 2s, min_interval: 0s, llm: { api: openai, stream: false } }
targets:
  - { name: page, module: http_2xx, target: "http://${host}/page", schedule: on_scrape }
  - { name: vhost, module: inside, target: "http://${host}/page", hostname: tenant.example, schedule: on_scrape }
  - { name: chat, module: keyed, target: "http://${host}/v1", model: of-a-target, schedule: on_scrape }
`;

let api: Api;
let exporter: ExporterProcess;
beforeAll(async () => {
  api = await serveApi();
  exporter = await startExporter({ yaml: yaml(api.server.host) });
});
afterAll(async () => {
  await exporter?.[Symbol.asyncDispose]();
  await api?.server[Symbol.asyncDispose]();
});

async function probe(url: string, query: Readonly<Record<string, string>>) {
  const answer = await fetch(`${url}/probe?${new URLSearchParams(query).toString()}`);
  return { status: answer.status, text: await answer.text() };
}

describe("the models that a request may name", () => {
  test.each([
    ["keyed", "own", 200],
    ["keyed", "of-a-target", 200],
    ["keyed", "gpt-5-pro", 403],
    ["keyed", "OWN", 403],
    ["listed", "small-2", 200],
    ["listed", "small", 403],
    ["listed", "of-a-target", 403],
    ["listed", "xsmall-2", 403],
    ["every", "anything", 200],
    ["plain", "anything", 200],
  ])("module %s, model %s: %i", async (module, model, status) => {
    const before = api.models.length;
    const address = `http://${api.server.host}/other/v1`;
    const answer = await probe(exporter.url, { module, target: address, model });
    expect(answer).toMatchObject({ status });
    expect(api.models.slice(before)).toEqual(status === 200 ? [model] : []);
    if (status === 403)
      expect(answer.text).toBe(
        `model: got ${JSON.stringify(model)}, want the model of module ${JSON.stringify(module)}, one of its configured targets, or one that its allowed_models match\n`,
      );
  });

  test("no other parameter reaches the prompt, the length of the answer or the key", async () => {
    const query = { module: "keyed", target: `http://${api.server.host}/other/v1` };
    const extra = { prompt: "x", max_tokens: "9999", api_key: "k", temperature: "2", system: "x" };
    await probe(exporter.url, query);
    await probe(exporter.url, { ...query, ...extra });
    const [plain, other] = api.bodies.slice(-2);
    expect(other).toBe(plain);
    expect(JSON.parse(other ?? "")).toMatchObject({ model: "own", max_completion_tokens: 256 });
    expect((await probe(exporter.url, { module: "keyed", target: "http://localhost:1/v1" })).text).toContain(
      "probe_success 0",
    );
  });
});

describe("the host names that a request may name, of a module with allowed_targets", () => {
  test.each([
    ["inside", "a.allowed.example", 200],
    ["inside", "A.Allowed.Example.", 200],
    ["inside", "named.example", 200],
    ["inside", "127.0.0.1", 200],
    ["inside", "tenant.example", 200],
    ["inside", "allowed.example", 403],
    ["inside", "admin.internal", 403],
    ["inside", "10.0.0.1", 403],
    ["http_2xx", "admin.internal", 200],
  ])("module %s, hostname %s: %i", async (module, hostname, status) => {
    const before = api.hosts.length;
    const target = `http://${api.server.host}/any`;
    const answer = await probe(exporter.url, { module, target, hostname });
    expect(answer).toMatchObject({ status });
    expect(api.hosts.slice(before)).toEqual(status === 200 ? [hostname] : []);
    if (status === 403)
      expect(answer.text).toMatch(/^hostname: got ".*", want a name in allowed_targets of module "inside"/);
  });
});

describe.each([
  ["--web.enable-probe-any=false", ["--web.enable-probe-any=false"], ""],
  ["web.enable_probe_any: false", [], "web: { enable_probe_any: false }\n"],
])("with %s", (_title, args, section) => {
  test("/probe takes configured targets, by name and as their address with their module", async () => {
    const closed = await startExporter({ yaml: yaml(api.server.host) + section, args });
    onTestFinished(() => closed[Symbol.asyncDispose]());
    const page = `http://${api.server.host}/page`;
    const allowed: readonly Readonly<Record<string, string>>[] = [
      { target: "page" },
      { target: "page", module: "http_2xx" },
      { target: page },
      { target: page, module: "http_2xx" },
      { target: encodeURIComponent(page), module: "http_2xx" },
      { target: page, module: "inside", hostname: "tenant.example" },
      { target: "chat", model: "gpt-5-pro" },
    ];
    const before = api.models.length;
    for (const query of allowed)
      expect(await probe(closed.url, query)).toMatchObject({
        status: 200,
        text: expect.stringContaining("probe_success 1"),
      });
    // A configured target has its own model, whatever is named beside it.
    expect(api.models.slice(before).filter((model) => model !== undefined)).toEqual(["of-a-target"]);
    const refused: readonly Readonly<Record<string, string>>[] = [
      { target: `${page}?x=1` },
      { target: page, module: "http_2xx", hostname: "other.example" },
      { target: page, module: "inside" },
      { target: "page", module: "inside" },
      { target: "http://169.254.169.254/", module: "http_2xx" },
      { target: `http://${api.server.host}/v2`, module: "keyed" },
      { target: `http://${api.server.host}/v1`, module: "keyed", model: "own" },
    ];
    const asked = api.hosts.length;
    for (const query of refused) {
      const answer = await probe(closed.url, query);
      expect(answer).toEqual({
        status: 403,
        text: `target: got ${JSON.stringify(query["target"])} with module ${JSON.stringify(query["module"] ?? "http_2xx")}, want a configured target with its own module, because --web.enable-probe-any or web.enable_probe_any is false\n`,
      });
    }
    expect(api.hosts.length).toBe(asked);
    // As with blackbox_exporter, an unknown module comes first.
    expect((await probe(closed.url, { target: page, module: "none" })).status).toBe(400);
    expect((await probe(closed.url, {})).status).toBe(400);
    // Each target of the service discovery can be scraped as it says.
    const groups = (await (await fetch(`${closed.url}/sd`)).json()) as { labels: Record<string, string> }[];
    expect(groups.length).toBe(3);
    for (const { labels } of groups) {
      const { __param_target: target = "", __param_module: module = "" } = labels;
      expect(await probe(closed.url, { target, module })).toMatchObject({ status: 200 });
    }
    if (section === "") return;
    await closed.folder.write("exporter.yml", yaml(api.server.host));
    expect((await fetch(`${closed.url}/-/reload`, { method: "POST" })).status).toBe(200);
    expect((await probe(closed.url, { target: `${page}?x=1` })).status).toBe(200);
  });
});
