import { defined } from "../../core/defined.ts";
import { visible } from "../../core/escape.ts";
import type { Sample } from "../../core/metric.ts";
import { PHASES } from "../../core/phases.ts";
import type { Result } from "../../core/result.ts";
import { textTable } from "../table.ts";
import type { ProbeRun } from "./ended.ts";

/** Renders what a probe found, one fact per line; empty if it found nothing that people read. */
export function probeDetails({ result }: ProbeRun): string {
  const rows = Object.entries({
    phases: phasesText(result),
    response: responseText(result.samples),
    encryption: encryptionText(result),
    answer: answerText(result),
    next: result.outcome.ok ? "" : "--debug prints the log of the probe",
  }).filter(([, text]) => text !== "");
  return rows.length === 0 ? "" : textTable(rows, ["left", "left"]);
}

/** Returns the phases that took any time. Those of the prober are finer than those of charts. */
function phasesText({ samples, phases = {} }: Result): string {
  const own = samples.flatMap(({ metric, labels, value }) => {
    const phase = labels?.["phase"];
    return phase !== undefined && metric.name.endsWith("duration_seconds") ? [[phase, value] as const] : [];
  });
  const common = PHASES.map((phase) => [phase, phases[phase] ?? 0] as const);
  return (own.length > 0 ? own : common)
    .filter(([, length]) => length > 0)
    .map(([phase, length]) => `${phase} ${length.toFixed(3)} s`)
    .join(", ");
}

function responseText(samples: readonly Sample[]): string {
  const valueOf = reader(samples);
  const { status, version, redirects, length } = defined({
    status: valueOf("probe_http_status_code") ?? valueOf("probe_websocket_status_code"),
    version: valueOf("probe_http_version"),
    redirects: valueOf("probe_http_redirects"),
    length: valueOf("probe_http_uncompressed_body_length"),
  });
  if (status === undefined || status === 0) return "";
  return [
    `status ${status}`,
    ...(version === undefined || version === 0 ? [] : [`HTTP/${version.toFixed(1)}`]),
    ...(length === undefined ? [] : [`${length} bytes`]),
    ...(redirects === undefined || redirects === 0 ? [] : [`redirects: ${redirects}`]),
  ].join(", ");
}

function encryptionText({ samples, startedAt }: Result): string {
  const version = samples.find(({ metric }) => metric.name === "probe_tls_version_info")?.labels?.["version"];
  const expiry = reader(samples)("probe_ssl_earliest_cert_expiry");
  const days = expiry === undefined ? undefined : Math.floor((expiry - startedAt) / 86_400);
  return [
    ...(version === undefined ? [] : [version]),
    ...(days === undefined || expiry === undefined
      ? []
      : [`certificates valid until ${new Date(expiry * 1000).toISOString().slice(0, 10)} (${days} days)`]),
  ].join(", ");
}

function answerText({ facts }: Result): string {
  const { firstToken, tokensPerSecond, model, servedBy } = facts ?? {};
  const parts = [
    ...(firstToken === undefined ? [] : [`first token after ${firstToken.toFixed(3)} s`]),
    ...(tokensPerSecond === undefined ? [] : [`${tokensPerSecond.toFixed(1)} tokens per second`]),
    ...(model === undefined ? [] : [`model ${model}`]),
    ...(servedBy === undefined ? [] : [`served by ${servedBy}`]),
  ];
  return visible(parts.join(", "));
}

const reader =
  (samples: readonly Sample[]) =>
  (name: string): number | undefined =>
    samples.find(({ metric }) => metric.name === name)?.value;
