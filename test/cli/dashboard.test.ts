import { describe, expect, test } from "vitest";
import { runMain, startExporter } from "../helpers/exporter.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const yaml = (host: string) => `
modules: { http_2xx: { prober: http, timeout: 5s } }
targets:
  - { name: interpreter, module: http_2xx, target: "http://${host}/good", critical: true, healthy_threshold: 1 }
  - { name: broken, module: http_2xx, target: "http://${host}/bad", critical: true, failure_threshold: 1 }
  - { name: patient, module: http_2xx, target: "http://${host}/bad", failure_threshold: 3 }
`;

const startTargets = () =>
  serveHttp((request, response) => void response.writeHead(request.url === "/good" ? 200 : 500).end());

async function dashboard(...args: readonly string[]): Promise<unknown> {
  await using run = runMain(["dashboard", ...args]);
  const { code } = await run.exited;
  expect({ code, stderr: run.stderr() }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(run.stdout());
}

describe("heartbeat-exporter dashboard", () => {
  test("probes once and counts a success as healthy", async () => {
    await using server = await startTargets();
    await using folder = await temporaryFolder();
    const answer = await dashboard(`--config.file=${await folder.write("exporter.yml", yaml(server.host))}`);
    expect(answer).toMatchObject({
      summary: {
        total_services: 3,
        healthy_services: 1,
        unhealthy_services: 2,
        unknown_services: 0,
        critical_unhealthy: 1,
        health_percentage: 33.3,
      },
      services: [
        {
          service_name: "interpreter",
          current_status: "healthy",
          consecutive_failures: 0,
          uptime_percentage: null,
        },
        { service_name: "broken", current_status: "unhealthy", consecutive_failures: 1, last_healthy: null },
        { service_name: "patient", current_status: "unhealthy" },
      ],
    });
  });

  test("asks a running exporter, which applies thresholds", async () => {
    await using server = await startTargets();
    await using exporter = await startExporter({ yaml: yaml(server.host) });
    await exporter.get("/metrics");
    const answer = await dashboard(`--url=${exporter.url}/`);
    expect(answer).toMatchObject({
      summary: {
        total_services: 3,
        healthy_services: 1,
        unhealthy_services: 1,
        unknown_services: 1,
        critical_unhealthy: 1,
      },
      services: [
        { service_name: "interpreter", current_status: "healthy", uptime_percentage: 100 },
        { service_name: "broken", current_status: "unhealthy", uptime_percentage: 0 },
        { service_name: "patient", current_status: "unknown", consecutive_failures: 1, uptime_percentage: 0 },
      ],
    });
    expect(await exporter.json("/api/v1/dashboard")).toMatchObject({ summary: { total_services: 3 } });
    expect((await fetch(`${exporter.url}/api/v1/report?window=soon`)).status).toBe(400);
    expect(await exporter.json("/api/v1/report?availability=99.9")).toEqual({
      error: 'availability: got "99.9", want a share such as 0.999',
    });
    expect(await exporter.json("/api/v1/report?mttr=0")).toMatchObject({
      error: expect.stringContaining('mttr: got "0"'),
    });
  });
});
