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

/** A Prometheus that has nothing to say, and says it to those who may ask. */
const EMPTY = JSON.stringify({ status: "success", data: { resultType: "vector", result: [] } });

describe("heartbeat-exporter report", () => {
  test("says the same of a running exporter and of the store that it left", async () => {
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
      // Nothing is due for an hour, so history stands still.
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

    const left = await report(
      `--storage.path=${path}`,
      `--config.file=${config}`,
      "--format=json",
      "--window=1h",
    );
    expect({ code: left.code, said: left.stderr }).toEqual({ code: 0, said: "" });
    const { response_times, services, alerts, slos } = json(left.stdout);
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
  ])("asks a Prometheus with %s, and says what is missing without", async (_title, args, wanted) => {
    await using folder = await temporaryFolder();
    await folder.write("secret", "open\n");
    await using server = await serveHttp((request, response) => {
      const known = request.headers.authorization === wanted && request.method === "POST";
      response.writeHead(known ? 200 : 401).end(known ? EMPTY : "who are you?");
    });
    const url = `--prometheus.url=http://${server.host}/prom/`;
    const known = await report(
      url,
      "--format=json",
      ...args.map((arg) => arg.replace("FOLDER", folder.path)),
    );
    expect({ code: known.code, said: known.stderr }).toEqual({ code: 0, said: "" });
    expect(json(known.stdout).notes.join("\n")).toContain("it scrapes no exporter");
    const unknown = await report(url);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toBe(
      `http://${server.host}/prom/api/v1/query: got status 401 (who are you?), want --http.username or --http.bearer-token-file that it knows\n`,
    );
  });

  test.each<[string, number, string, string]>([
    [
      "an error of PromQL",
      400,
      '{"status":"error","error":"1:5: parse error"}',
      "got status 400 (1:5: parse error)",
    ],
    ["something else than Prometheus", 200, "<html>", "got an unexpected answer"],
    [
      "an answer of another shape",
      200,
      '{"status":"success","data":{"result":[{}]}}',
      "got an unexpected answer at data.result.0",
    ],
  ])("says what it got: %s", async (_title, status, body, said) => {
    await using server = await serveHttp((_request, response) => void response.writeHead(status).end(body));
    const { code, stderr } = await report(`--prometheus.url=http://user:hidden@${server.host}`);
    expect(code).toBe(1);
    expect(stderr).toContain(said);
    expect(stderr).not.toContain("hidden");
  });

  test("does not take a password to another host", async () => {
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
      "nobody there",
      ["--url=http://127.0.0.1:1"],
      1,
      "http://127.0.0.1:1/api/v1/report: cannot be reached: ECONNREFUSED",
    ],
    ["no store", ["--storage.path=/nowhere/store.db"], 1, "want the store of an exporter"],
    ["no source", [], 2, "got none of --url, --storage.path and --prometheus.url"],
    ["two sources", ["--url=http://x", "--storage.path=y"], 2, "got 2 of --url"],
    ["half a user", ["--url=http://x", "--http.username=ann"], 2, "want both or none"],
    ["no URL", ["--url=x"], 2, "want an URL such as"],
    ["a wrong objective", ["--url=http://x", "--slo.availability=101"], 2, "want a percentage"],
    ["a wrong form", ["--url=http://x", "--format=pdf"], 2, "Allowed choices are text, json, markdown, html"],
    [
      "a file that is not there",
      ["--url=http://x", "--http.ca-file=/nowhere"],
      2,
      "/nowhere: cannot be read: ENOENT",
    ],
  ])("%s is refused", async (_title, args, code, said) => {
    const refused = await report(...args);
    expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code, stdout: "" });
    expect(refused.stderr).toContain(said);
  });
});
