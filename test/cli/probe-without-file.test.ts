import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { configDeps } from "../../src/cli/load-config.ts";
import { BUILT_IN_NAMES, builtInConfig } from "../../src/cli/probe/built-in-modules.ts";
import { loadConfigText } from "../../src/config/load.ts";
import { runMain } from "../helpers/exporter.ts";
import { CLOSED_PORT, serveHttp } from "../helpers/http-targets.ts";
import { startLlama } from "../helpers/llama.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { HEALTHY_PIECES, writeTinyModel } from "../helpers/tiny-model.ts";

/** Runs `probe` without a file, and replaces times, which differ between runs. */
async function probe(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  await using main = runMain(["probe", ...args], env);
  const { code } = await main.exited;
  const stdout = main
    .stdout()
    .replaceAll(/\d+\.\d{3} s/g, "T")
    .replaceAll(/ +T/g, " T");
  return { code, stdout, stderr: main.stderr() };
}

describe("heartbeat-exporter probe without a file", () => {
  test("probes a URL, and tells its phases", async () => {
    await using server = await serveHttp((_request, response) => void response.end("fine"));
    const { code, stdout, stderr } = await probe([`http://${server.host}/`]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(
      stdout.replaceAll(server.host, "HOST").replaceAll(/ {2,}/g, "  "),
    ).toBe(`target  module  status  duration  detail
http://HOST/  http_2xx  ok T

phases  resolve T, connect T, processing T, transfer T
response  status 200, HTTP/1.1, 4 bytes

1 succeeded
`);
  });

  test("says why a probe failed, and exits with 1", async () => {
    const { code, stdout } = await probe([`http://127.0.0.1:${CLOSED_PORT}/`]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/ failed T {2}connect: /);
    expect(stdout).toMatch(/^next +--debug prints the log of the probe$/m);
    expect(stdout).toMatch(/^1 of 1 failed$/m);
  });

  test("probes a port with a module of blackbox_exporter", async () => {
    const server = createServer((socket) => {
      // A probe with another protocol resets the connection.
      socket.on("error", () => {});
      socket.end("SSH-2.0-test\r\n");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const host = `127.0.0.1:${address.port}`;
    expect(await probe(["--module=tcp_connect", host])).toMatchObject({ code: 0 });
    expect(await probe(["--module=ssh_banner", host])).toMatchObject({ code: 0 });
    expect(await probe(["--module=grpc_plain", host])).toMatchObject({ code: 1 });
    server.close();
    expect(await probe(["--module=icmp", "127.0.0.1"])).toMatchObject({ code: 0, stderr: "" });
  });

  test("asks the model that the environment describes, and others with --module=llm", async () => {
    await using folder = await temporaryFolder();
    const model = join(folder.path, "tiny.gguf");
    await writeTinyModel(model, { answer: HEALTHY_PIECES });
    await using llama = await startLlama({ model });
    const url = `${llama.url}/v1`;
    const env = { HEARTBEAT_LLM_URL: url, HEARTBEAT_LLM_MODEL: "tiny" };
    const described = await probe([], env);
    expect(described).toMatchObject({ code: 0, stderr: "" });
    expect(described.stdout).toMatch(/^llm +llm +ok T {2}answered "HEALTHY"$/m);
    expect(described.stdout).toMatch(/^answer +.*model \S+tiny/m);
    const given = await probe(["--module=llm", "--model=tiny", url]);
    expect(given.stdout).toMatch(/ ok T {2}answered "HEALTHY"$/m);
    const mixed = await probe(["llm", `${llama.url}/health`], env);
    expect(mixed.stdout).toMatch(/^2 succeeded/m);
    expect(await probe(["--module=tcp_connect", new URL(url).host], env)).toMatchObject({ code: 0 });
    // Variables that have nothing to do with the address do not matter.
    const broken = { HEARTBEAT_CONTROL_TOKEN_FILE: "/nowhere" };
    expect(await probe([`${llama.url}/health`], broken)).toMatchObject({ code: 0, stderr: "" });
  });

  test.each([
    ["example.com:22", "tcp_connect connects to the port, ssh_banner also reads"],
    ["[::1]:9000", "tcp_connect connects to the port; or a URL such as https://[::1]:9000"],
    ["example.com:8080", "or a URL such as http://example.com:8080"],
    ["example.com", "want a URL such as https://example.com, or --module as well: icmp pings a host"],
    ["localhost", "want a URL such as https://localhost, or --module"],
    ["/run/app.sock", "unix_connect connects to a Unix socket"],
    ["--module=grcp x:1", "did you mean grpc?"],
    ["--module=llm ftp://x", "want an http or https URL"],
    ["", "nothing is configured: pass --config.file or a URL such as https://example.com"],
  ])("of %j says what it needs", async (line, text) => {
    const { code, stdout, stderr } = await probe(line === "" ? [] : line.split(" "));
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(text);
  });

  test("has every module of the file that blackbox_exporter comes with, with the same prober", () => {
    const file = new URL("../../.tools/sid/etc/prometheus/blackbox.yml", import.meta.url);
    const theirs = parse(readFileSync(file, "utf8")) as { modules: Record<string, { prober: string }> };
    const { modules } = loadConfigText(builtInConfig(new Set(BUILT_IN_NAMES)), "built-in", {}, configDeps);
    // HTTP/3 is not supported, and the others are variants for one server.
    const left = new Set(["http_3xx", "postgresql", "ssh_banner_extract"]);
    const kinds = Object.entries(theirs.modules).filter(([name]) => !left.has(name));
    expect(kinds.length).toBeGreaterThan(7);
    expect(kinds.map(([name]) => [name, modules.get(name)?.prober.kind])).toEqual(
      kinds.map(([name, { prober }]) => [name, prober]),
    );
  });
});
