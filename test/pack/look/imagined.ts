import { heartbeatMetrics } from "../../../src/catalogue/heartbeats.ts";
import { probers } from "../../../src/probers/index.ts";

/** Values of labels for made-up series, for panels whose metrics the exporter of the pictures does not have. */
const LABELS: Readonly<Record<string, readonly string[]>> = {
  heartbeat: ["production-server", "backup-job", "petrosa-realtime-strategies"],
  source: ["push"],
  status: ["healthy", "degraded", "unhealthy", "unknown"],
  state: ["closed", "open", "half_open"],
  group: ["ecosystem", "payments"],
  hostname: ["prod-01.example.com"],
  owner: ["web"],
  holder: ["pod-a"],
  reason: ["full"],
  relay: ["lunasentri"],
  result: ["delivered", "dead"],
  action: ["restart"],
  target: ["interpreter"],
  module: ["http_2xx"],
  kind: ["success", "fail"],
};

/** The metrics that the exporter of the pictures does not have. */
const IMAGINED = [...Object.values(heartbeatMetrics), ...probers.flatMap(({ metrics }) => metrics)]
  .filter(({ name }) => name.startsWith("heartbeat_"))
  .filter(({ name }) => !/^heartbeat_(last_seen|timeout|up)(_|$)/.test(name));

/** Renders an exposition with made-up series of these metrics, whose values vary a little over time. */
export function imagined(now: number): string {
  const wave = (i: number): number => 1 + 0.5 * Math.sin(now / 7 + i);
  return IMAGINED.flatMap(({ name, labels }, m) =>
    combinations(labels).map((set, i) => `${name}{${set}} ${valueOf(name, set, i, now, wave(i + m))}`),
  )
    .concat(
      ["production-server", "backup-job", "petrosa-realtime-strategies"].flatMap((heartbeat, i) => [
        `heartbeat_last_seen_timestamp_seconds{heartbeat="${heartbeat}",source="push"} ${now - (i === 1 ? 200 : now % 30)}`,
        `heartbeat_timeout_seconds{heartbeat="${heartbeat}",source="push"} 120`,
        `heartbeat_up{heartbeat="${heartbeat}",source="push"} ${i === 1 ? 0 : 1}`,
      ]),
    )
    .join("\n")
    .concat("\n");
}

function combinations(labels: readonly string[]): readonly string[] {
  return labels.reduce<readonly string[]>(
    (sets, label) =>
      sets.flatMap((set) =>
        (LABELS[label] ?? ["x"]).map((value) => `${set}${set === "" ? "" : ","}${label}="${value}"`),
      ),
    [""],
  );
}

function valueOf(name: string, set: string, i: number, now: number, wave: number): number {
  if (/status="healthy"|state="closed"/.test(set))
    return set.includes("payments") || set.includes("backup") ? 0 : 1;
  if (/status=|state=/.test(set)) return /(payments|backup).*"(unhealthy|open)"/.test(set) ? 1 : 0;
  if (name.endsWith("_timestamp_seconds")) return now - (now % 20) - 5;
  if (name.endsWith("_objective_ratio")) return 0.99;
  if (/_(up|info|leader|is_\w+|connected|active)$/.test(name)) return set.includes("backup") ? 0 : 1;
  if (/_(maintenance|failed|exhausted)$/.test(name)) return i % 2;
  if (name.endsWith("_bytes")) return 5e6 * wave;
  if (name.endsWith("time_seconds")) return 0.005 * wave;
  return name.endsWith("_total") ? Math.floor((now % 1e6) * (i + 1) * 0.3) : wave * (i + 1);
}
