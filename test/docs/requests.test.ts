import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { serveHttp, type TestServer } from "../helpers/http-targets.ts";
import { run } from "../helpers/process.ts";
import { blocksOf, PAGES } from "./blocks.ts";
import { shellCommands, typedIn } from "./shell-commands.ts";
import { standIn } from "./stand-ins.ts";

// The requests of pages that are not followed from the top: test/pack/runbook-commands.test.ts has those of runbooks.

const TOKEN = "TOKEN-of-sixteen-characters";

/** The requests in the blocks of reference pages. */
const requests = PAGES.filter((page) => /^docs\/[\w-]+\.md$/.test(page)).flatMap((page) =>
  blocksOf(page)
    .filter(({ language }) => language === "sh" || language === "console")
    .flatMap(({ language, text, place }) =>
      (language === "sh" ? text : typedIn(text))
        .replaceAll("\\\n", " ")
        .split("\n")
        .filter((line) => shellCommands(line)[0]?.words[0] === "curl" && line.includes("localhost:8091"))
        .map((command) => ({ place, command })),
    ),
);

describe("a request of a reference page", () => {
  let exporter: ExporterProcess;
  let others: TestServer;

  beforeAll(async () => {
    others = await serveHttp(standIn(() => {}));
    exporter = await startExporter({
      yaml: `
modules: { chat: { prober: llm, timeout: 1s, llm: { api: openai } } }
targets:
  - { name: gpt, module: chat, target: "http://${others.host}/v1", model: llama3.2, interval: 2s, failover: true }
  - { name: NAME, module: chat, target: "http://${others.host}/v1", model: llama3.2, interval: 2s }
groups: [{ name: ecosystem, members: [gpt] }]
routes: [{ name: chat, order: [gpt] }]
heartbeats: [{ name: production-server, timeout: 2m, token_file: token }]
heartbeat_registration: { token_file: token, name_pattern: "web-*" }
components: { token_file: token }
`,
      files: { token: `${TOKEN}\n` },
    });
    await exporter.get("/probe?target=NAME");
  });
  afterAll(async () => {
    await exporter[Symbol.asyncDispose]();
    await others[Symbol.asyncDispose]();
  });

  test("is found", () => {
    expect(requests.length).toBeGreaterThan(8);
  });

  test.each(requests)("is answered: $place $command", async ({ command }) => {
    const real = command
      .replaceAll(/(?:http:\/\/)?localhost:8091/g, exporter.url)
      .replaceAll("$(cat /run/secrets/ping)", TOKEN)
      .replaceAll("$(hostname -f)", "web-1.example.com")
      .replaceAll("$TOKEN", TOKEN)
      .replace(/^curl/, "curl -s -m 2 -o /dev/null -w '%{http_code}'");
    const { stdout } = await run(["sh", "-c", real]);
    expect({ real, status: Number(stdout) }).toEqual({ real, status: expect.toBeOneOf([200, 201]) });
  });
});
