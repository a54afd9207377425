import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Report } from "../../src/report/document.ts";
import { runMain, startExporter, terminate } from "../helpers/exporter.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { waitUntil } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

async function report(...args: readonly string[]) {
  await using run = runMain(["report", ...args]);
  const { code } = await run.exited;
  return { code, stdout: run.stdout(), stderr: run.stderr() };
}

const json = (text: string): Report => JSON.parse(text) as Report;

/** An empty query result of Prometheus. */
const EMPTY = JSON.stringify({ status: "success", data: { resultType: "vector", result: [] } });

describe("heartbeat-exporter report", () => {
  test("reports the same from a running exporter as from its store after it stopped", async () => {
    await using server = await serveHttp((request, response) => {
      response.writeHead(request.url === "/good" ? 200 : 500).end();
    });
    await using folder = await temporaryFolder();
    const path = join(folder.path, "store.db");
    const yaml = `
modules: { http_2xx: { prober: http, timeout: 1s } }
targets:
  - { name: good, module: http_2xx, target: "http://${server.host}/good", interval: 1s, schedule: interval, critical: true }
  - { name: bad, module: http_2xx, target: "http://${server.host}/bad", interval: 1s, schedule: interval, failure_threshold: 1 }
`;
    const config = await folder.write("exporter.yml", yaml);
    let running: Report;
    {
      await using exporter = await startExporter({ yaml, args: [`--storage.path=${path}`] });
      await waitUntil("two probes of each", async () => {
        const { response_times: times } = json(await exporter.get("/api/v1/report"));
        return times.every((one) => one.checks_count >= 2) ? true : undefined;
      });
      await terminate(exporter);
    }
    {
      // No probe is due within the hour, so the history does not change.
      const still = yaml.replaceAll("interval: 1s", "interval: 1h");
      await using exporter = await startExporter({ yaml: still, args: [`--storage.path=${path}`] });
      const { code, stdout } = await report(`--url=${exporter.url}`, "--format=json", "--window=1h");
      expect(code).toBe(0);
      running = json(stdout);
    }
    expect(running.services).toMatchObject([
      { service_name: "bad", current_status: "unhealthy", uptime_percentage: 0, last_healthy: null },
      { service_name: "good", current_status: "healthy", uptime_percentage: 100, critical: true },
    ]);
    expect(running.alerts).toMatchObject([
      { alert_type: "service_down", service_name: "bad", resolved_at: null },
    ]);
    expect(running.critical_services.map(({ service_name }) => service_name)).toEqual(["good"]);

    const offline = await report(
      `--storage.path=${path}`,
      `--config.file=${config}`,
      "--format=json",
      "--window=1h",
    );
    expect({ code: offline.code, stderr: offline.stderr }).toEqual({ code: 0, stderr: "" });
    const { response_times, services, alerts, slos } = json(offline.stdout);
    expect(response_times).toEqual(running.response_times);
    expect(alerts).toEqual(running.alerts);
    expect(slos).toEqual(running.slos);
    expect(services.map((one) => [one.service_name, one.current_status, one.critical])).toEqual(
      running.services.map((one) => [one.service_name, one.current_status, one.critical]),
    );

    const output = join(folder.path, "report.html");
    const written = await report(`--storage.path=${path}`, "--format=html", `--output=${output}`);
    expect(written).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await readFile(output, "utf8")).toContain('<th scope="row">good</th>');
    expect((await report(`--storage.path=${path}`)).stdout).toMatch(/^good +healthy +no +100 %/m);
    expect((await report(`--storage.path=${path}`, "--format=markdown")).stdout).toMatch(
      /^\| good \| healthy \|/m,
    );
  });

  test.each([
    [
      "basic authentication",
      ["--http.username=ann", "--http.password-file=FOLDER/secret"],
      "Basic YW5uOm9wZW4=",
    ],
    ["a bearer token", ["--http.bearer-token-file=FOLDER/secret"], "Bearer open"],
  ])(
    "authenticates to Prometheus with %s and reports missing credentials",
    async (_title, args, expected) => {
      await using folder = await temporaryFolder();
      await folder.write("secret", "open\n");
      await using server = await serveHttp((request, response) => {
        const isAuthorized = request.headers.authorization === expected && request.method === "POST";
        response.writeHead(isAuthorized ? 200 : 401).end(isAuthorized ? EMPTY : "who are you?");
      });
      const url = `--prometheus.url=http://${server.host}/prom/`;
      const authorized = await report(
        url,
        "--format=json",
        ...args.map((arg) => arg.replace("FOLDER", folder.path)),
      );
      expect({ code: authorized.code, stderr: authorized.stderr }).toEqual({ code: 0, stderr: "" });
      expect(json(authorized.stdout).notes.join("\n")).toContain("it scrapes no exporter");
      const rejected = await report(url);
      expect(rejected.code).toBe(1);
      expect(rejected.stderr).toBe(
        `http://${server.host}/prom/api/v1/query: got status 401 (who are you?), want valid credentials: --http.username and --http.password-file, or --http.bearer-token-file\n`,
      );
    },
  );

  test.each<[string, number, string, string]>([
    [
      "a PromQL error",
      400,
      '{"status":"error","error":"1:5: parse error"}',
      "got status 400 (1:5: parse error)",
    ],
    ["an HTML page", 200, "<html>", "got an unexpected answer"],
    [
      "an answer that does not match the schema",
      200,
      '{"status":"success","data":{"result":[{}]}}',
      "got an unexpected answer at data.result.0",
    ],
  ])("reports an unusable answer of Prometheus: %s", async (_title, status, body, message) => {
    await using server = await serveHttp((_request, response) => void response.writeHead(status).end(body));
    const { code, stderr } = await report(`--prometheus.url=http://user:hidden@${server.host}`);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("hidden");
  });

  test("does not send the password to the host of a redirect", async () => {
    const seen: (string | undefined)[] = [];
    await using other = await serveHttp((request, response) => {
      seen.push(request.headers.authorization);
      response.end(EMPTY);
    });
    await using server = await serveHttp((_request, response) => {
      response.writeHead(302, { Location: `http://${other.host}/` }).end();
    });
    const { code, stderr } = await report(`--prometheus.url=http://user:hidden@${server.host}`);
    expect({ code, seen }).toEqual({ code: 1, seen: [] });
    expect(stderr).toContain("got status 302");
  });

  test.each([
    [
      "an unreachable exporter",
      ["--url=http://127.0.0.1:1"],
      1,
      "http://127.0.0.1:1/api/v1/report: cannot be reached: ECONNREFUSED",
    ],
    ["a missing store", ["--storage.path=/nowhere/store.db"], 1, "want the store of an exporter"],
    ["no source", [], 2, "got none of --url, --storage.path and --prometheus.url"],
    ["two sources", ["--url=http://x", "--storage.path=y"], 2, "got 2 of --url"],
    ["a user without a password", ["--url=http://x", "--http.username=ann"], 2, "want both or neither"],
    ["an invalid URL", ["--url=x"], 2, "want a URL such as"],
    ["an invalid objective", ["--url=http://x", "--slo.availability=101"], 2, "want a percentage"],
    [
      "a ratio as an objective",
      ["--url=http://x", "--slo.availability=0.999"],
      2,
      "which may be a ratio, want a percentage: 99.9, or 0.999% if that is meant",
    ],
    [
      "an unknown format",
      ["--url=http://x", "--format=pdf"],
      2,
      "Allowed choices are text, json, markdown, html",
    ],
    [
      "a missing certificate file",
      ["--url=http://x", "--http.ca-file=/nowhere"],
      2,
      "/nowhere: cannot be read: ENOENT",
    ],
  ])("rejects %s", async (_title, args, code, message) => {
    const rejected = await report(...args);
    expect({ code: rejected.code, stdout: rejected.stdout }).toEqual({ code, stdout: "" });
    expect(rejected.stderr).toContain(message);
  });
});
