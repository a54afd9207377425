import { describe, expect, test } from "vitest";
import { configDeps } from "../../src/cli/load-config.ts";
import { loadConfigText } from "../../src/config/load.ts";

const warningsOf = (yaml: string): readonly string[] =>
  loadConfigText(yaml, "exporter.yml", {}, configDeps).warnings.filter((text) =>
    text.includes("credentials"),
  );

const module = (prober: string, options: string): string =>
  `modules: { m: { prober: ${prober}, ${prober}: { ${options} } } }\n`;

describe("a module that sends credentials to every address that a client of /probe names", () => {
  test.each([
    ["http", "basic_auth: { username: me, password: hunter2 }"],
    ["http", "bearer_token: hunter2"],
    ["http", "authorization: { credentials: hunter2 }"],
    ["http", "oauth2: { client_id: me, client_secret: hunter2, token_url: 'http://127.0.0.1:9/' }"],
    ["http", "headers: { Authorization: hunter2 }"],
    ["http", "headers: { X-Api-Key: hunter2 }"],
    ["http", "headers: { cookie: hunter2 }"],
    ["http", "http_headers: { X-Team: { secrets: [hunter2] } }"],
    ["http", "http_headers: { X-Team: { files: [/run/secrets/team] } }"],
    ["websocket", "http_config: { basic_auth: { username: me, password: hunter2 } }"],
    ["websocket", "headers: { X-Team: { secrets: [hunter2] } }"],
    ["websocket", "headers: { X-Auth-Token: { values: [hunter2] } }"],
    ["grpc", "metadata: { authorization: [Bearer hunter2] }"],
  ])("%s: { %s } is warned of, unless addresses are bounded", (prober, options) => {
    const [warning, ...more] = warningsOf(module(prober, options));
    expect(warning).toMatch(
      new RegExp(
        String.raw`^exporter.yml:1:\d+: modules.m.${prober}: sends its credentials to every address`,
      ),
    );
    expect(warning).not.toContain("hunter2");
    expect(more).toEqual([]);
    expect(warningsOf(module(prober, `${options}, allowed_targets: [example.com]`))).toEqual([]);
    expect(warningsOf(`${module(prober, options)}web: { enable_probe_any: false }\n`)).toEqual([]);
  });

  test.each([
    ["http", "headers: { Accept: text/html }, http_headers: { X-Team: { values: [sre] } }"],
    ["http", "tls_config: { cert_file: client.pem, key_file: client.key }"],
    ["websocket", "headers: { Origin: { values: ['https://example.com'] } }"],
    ["grpc", "metadata: { tenant: [authorization] }"],
    ["tcp", "tls: true"],
    // Modules with a key take configured targets only.
    ["llm", "api: openai, api_key: sk-of-the-test, model: m"],
  ])("is not %s: { %s }", (prober, options) => {
    expect(warningsOf(module(prober, options))).toEqual([]);
  });
});
