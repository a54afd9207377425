import { beforeAll, expect, test } from "vitest";
import { certificateMetrics } from "../../src/probers/certificates.ts";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { parseExposition } from "../helpers/exposition.ts";
import { startFor, type WebsocketCase, websocketCases } from "./cases/websocket.ts";
import { OURS_ALONE } from "./compare.ts";

const modules = websocketCases.map(
  ({ websocket }, i) => `  case_${i}: { prober: websocket, timeout: 8s, websocket: ${websocket} }\n`,
);

let exporter: ExporterProcess;
beforeAll(async () => {
  exporter = await startExporter({ yaml: `modules:\n${modules.join("")}` });
  return () => exporter[Symbol.asyncDispose]();
});

/** Series that are further ones of this exporter. */
const FURTHER = new Set([
  ...Object.keys(OURS_ALONE),
  ...Object.values(certificateMetrics).map(({ name }) => name),
]);
const TIMES = /_(?:seconds|hash)$/;

/** The series that blackbox_exporter has, times and hashes masked. */
function expected({ success, status, upgraded, regex, phases, ip }: WebsocketCase): Map<string, unknown> {
  return new Map<string, unknown>([
    ["probe_success", success ? 1 : 0],
    ["probe_duration_seconds", "..."],
    ["probe_websocket_status_code", status],
    ["probe_websocket_connection_upgraded", upgraded ? 1 : 0],
    ["probe_websocket_failed_due_to_regex", regex ? 1 : 0],
    ...phases.map((phase) => [`probe_websocket_duration_seconds ${phase}`, "..."] as const),
    ...(ip === undefined
      ? []
      : ([
          ["probe_ip_protocol", ip],
          ["probe_ip_addr_hash", "..."],
          ["probe_dns_lookup_time_seconds", "..."],
        ] as const)),
  ]);
}

test.each(websocketCases.map((each, i) => [each.name, each, i] as const))("%s", async (_name, each, i) => {
  await using server = await startFor(each);
  const query = new URLSearchParams({ target: each.target(server.port), module: `case_${i}` });
  const { series } = parseExposition(await (await fetch(`${exporter.url}/probe?${query}`)).text());
  const found = series
    .filter(({ name }) => !FURTHER.has(name))
    .map(({ name, labels: { phase }, value }) => [
      phase === undefined ? name : `${name} ${phase}`,
      TIMES.test(name) ? "..." : value,
    ]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected(each)));
});

test("there are at least 10 cases", () => expect(websocketCases.length).toBeGreaterThanOrEqual(10));
