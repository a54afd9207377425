import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { run } from "../helpers/process.ts";
import { httpReceiver, type ReceivedRequest, type Receiver } from "../helpers/receivers.ts";
import { pages, runbookOf } from "./rules.ts";

/** A request to the exporter that a runbook asks for. */
interface RunbookCommand {
  readonly alert: string;
  readonly command: string;
}

/** Returns the requests to the exporter in the code of a runbook, in its blocks and between its words. */
function commandsOf(alert: string): readonly RunbookCommand[] {
  const text = runbookOf(alert) ?? "";
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = ""]) => block.split("\n"));
  const spans = [...text.replaceAll(/^```.*?^```/gms, "").matchAll(/`([^`]+)`/g)].map(([, span = ""]) =>
    span.replaceAll(/\s+/g, " "),
  );
  return [...blocks, ...spans]
    .filter((line) => line.startsWith("curl ") && line.includes("localhost:8091"))
    .map((command) => ({ alert, command }));
}

const address = ({ port }: Receiver<ReceivedRequest>): string => `http://127.0.0.1:${port}/`;

const commands = pages().flatMap(commandsOf);

describe("the requests of runbooks", () => {
  let exporter: ExporterProcess;
  let page: Receiver<ReceivedRequest>;

  beforeAll(async () => {
    page = await httpReceiver();
    exporter = await startExporter({
      yaml: `
modules: { MODULE: { prober: http, timeout: 1s } }
targets:
  - { name: TARGET, module: MODULE, target: "${address(page)}", interval: 1s, failover: true }
groups: [{ name: GROUP, members: [TARGET] }]
heartbeats: [{ name: NAME, timeout: 1m }]
components: { token_file: token }
control: { token_file: token }
relays: [{ name: RELAY, url: "${address(page)}", preset: machine, signing: { key_file: token }, token_file: token }]
`,
      files: { token: "TOKEN-of-sixteen-characters\n" },
    });
    const headers = {
      Authorization: "Bearer TOKEN-of-sixteen-characters",
      "Content-Type": "application/json",
    };
    const body = JSON.stringify({ status: "unhealthy" });
    await fetch(`${exporter.url}/api/v1/components/COMPONENT`, { method: "PUT", headers, body });
    await exporter.get("/probe?target=TARGET");
  });
  afterAll(async () => {
    await exporter[Symbol.asyncDispose]();
    await page[Symbol.asyncDispose]();
  });

  test("are found", () => {
    expect(commands.length).toBeGreaterThan(80);
  });

  test.each(commands)("work: $alert, $command", async ({ command }) => {
    const real = command
      .replaceAll("localhost:8091", exporter.url)
      .replaceAll("Bearer TOKEN", "Bearer TOKEN-of-sixteen-characters")
      .replaceAll("ADDRESS", encodeURIComponent(address(page)))
      .replace(/ \| jq .*$/, "")
      .replace(/^curl( -[isfS]+)?/, "curl -s -o /dev/null -w '%{http_code}'");
    const { stdout } = await run(["sh", "-c", real]);
    expect({ command: real, status: Number(stdout) }).toEqual({
      command: real,
      status: 200,
    });
  });
});
