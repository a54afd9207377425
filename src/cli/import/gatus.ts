import { defined } from "../../core/defined.ts";
import { parseDuration } from "../../core/units.ts";
import { documentOf } from "./document.ts";
import { durationOf } from "./durations.ts";
import { type Fields, fieldsOf } from "./fields.ts";
import { gatusChannels } from "./gatus-channels.ts";
import { conditionSettings } from "./gatus-conditions.ts";
import { createGroups, type Groups } from "./groups.ts";
import { createHttpModules, type HttpModules, httpHeaders, targetAddress } from "./http-modules.ts";
import { createNames, type Import, type ImportResult } from "./names.ts";

/** Gatus' defaults: https://github.com/TwiN/gatus#configuration */
const INTERVAL = "1m";
const TIMEOUT = "10s";
const FAILURES = 3;
const SUCCESSES = 2;

/** The context of the endpoints of one file. */
interface Endpoints extends Import {
  readonly modules: HttpModules;
  readonly groups: Groups;
  readonly nameOf: (text: string) => string;
}

/** Converts Gatus' configuration: `endpoints` become targets, `external-endpoints` heartbeats, `alerting` channels. */
export function importGatus(context: Import): ImportResult {
  const file = fieldsOf(context.source.value, [], context.source, context.notes);
  const shared: Endpoints = {
    ...context,
    modules: createHttpModules(),
    groups: createGroups(),
    nameOf: createNames(),
  };
  const targets = file.maps("endpoints").flatMap((endpoint) => targetOf(endpoint, shared) ?? []);
  const heartbeats = file.maps("external-endpoints").flatMap((one) => heartbeatOf(one, shared) ?? []);
  const channels = gatusChannels(file.map("alerting"), context);
  file.omit("storage", "the exporter has a store of its own, set by storage.path");
  file.omit("web", "use the flags --web.listen-address and --web.config.file");
  file.omit("security", "use --web.config.file");
  file.omit("maintenance", "write a window under maintenance");
  file.omit("concurrency", "use limits.max_concurrent_probes");
  file.ignore("metrics", "ui");
  file.end();
  return { document: documentOf({ ...shared, targets, heartbeats, channels }) };
}

/** The reason given for an address of a scheme that the exporter does not probe. */
const UNSUPPORTED = "only http and https addresses are probed";

function targetOf(endpoint: Fields, shared: Endpoints): object | undefined {
  const [name, url] = [endpoint.required("name"), endpoint.required("url")];
  const group = endpoint.text("group");
  if (!/^https?:\/\//i.test(url) || endpoint.any("dns") != null || endpoint.any("ssh") != null) {
    endpoint.note(`endpoint ${name} is not imported: ${UNSUPPORTED}`);
    return undefined;
  }
  if (endpoint.flag("enabled") === false) {
    endpoint.note(`endpoint ${name} is not imported: it is not enabled`);
    return undefined;
  }
  const { http, expected } = conditionSettings(endpoint);
  const client = endpoint.map("client");
  const timeout = client?.text("timeout") ?? TIMEOUT;
  const settings = { ...requestSettings(endpoint, shared), ...http, ...clientSettings(client) };
  const own = shared.nameOf(group === undefined ? name : `${group}-${name}`);
  if (own !== name && group === undefined) endpoint.note(`renamed to ${own}`, "name");
  if (group !== undefined) shared.groups.add(group, own);
  const interval = endpoint.text("interval") ?? INTERVAL;
  const thresholds = alertThresholds(endpoint);
  endpoint.ignore("ui");
  endpoint.end();
  return {
    name: own,
    module: shared.modules.nameFor(settings, shorter(timeout, interval)),
    target: targetAddress(withVariables(url), shared.secrets, own, [...endpoint.path, "url"]),
    schedule: "interval",
    interval,
    ...thresholds,
    ...defined({ expected_duration: durationOf(expected) }),
  };
}

/** Returns the shorter of two durations: a probe has to end before the next. */
const shorter = (timeout: string, interval: string): string =>
  (parseDuration(timeout) ?? 0) > (parseDuration(interval) ?? Infinity) ? interval : timeout;

function requestSettings(endpoint: Fields, { secrets }: Import): Readonly<Record<string, unknown>> {
  const method = endpoint.text("method");
  const headers = endpoint.map("headers");
  const body = endpoint.text("body");
  const graphql = endpoint.flag("graphql") === true;
  return {
    ...defined({ method: method === undefined || method === "GET" ? undefined : method }),
    ...(headers === undefined ? {} : httpHeaders(headers.all(), secrets, headers.path)),
    ...(body === undefined ? {} : { body: graphql ? JSON.stringify({ query: body }) : withVariables(body) }),
  };
}

function clientSettings(client: Fields | undefined): Readonly<Record<string, unknown>> {
  if (client === undefined) return {};
  const insecure = client.flag("insecure") === true;
  const follow = client.flag("ignore-redirect") === true ? { follow_redirects: false } : {};
  client.end();
  return { ...follow, ...(insecure ? { tls_config: { insecure_skip_verify: true } } : {}) };
}

/** Returns the thresholds of the most sensitive alert, and notes what its channel decides. */
function alertThresholds(endpoint: Fields): object {
  const alerts = endpoint.maps("alerts").filter((alert) => alert.flag("enabled") !== false);
  const failures = alerts.map((alert) => alert.number("failure-threshold") ?? FAILURES);
  const successes = alerts.map((alert) => alert.number("success-threshold") ?? SUCCESSES);
  for (const alert of alerts) {
    alert.ignore("type");
    alert.omit("description", "messages name the target and the reason");
    alert.omit("send-on-resolved", "the end is told (send_resolved of the channel)", true, false);
    alert.omit("minimum-reminder-interval", "use repeat_every of the channel");
    alert.end();
  }
  return {
    failure_threshold: failures.length === 0 ? FAILURES : Math.min(...failures),
    healthy_threshold: successes.length === 0 ? SUCCESSES : Math.min(...successes),
  };
}

function heartbeatOf(endpoint: Fields, { secrets, nameOf, groups, notes }: Endpoints): object | undefined {
  const name = endpoint.required("name");
  const group = endpoint.text("group");
  const token = endpoint.text("token");
  const heartbeat = endpoint.map("heartbeat");
  const interval = heartbeat?.text("interval");
  heartbeat?.end();
  endpoint.omit("alerts", "channels are for all heartbeats");
  if (endpoint.flag("enabled") === false) {
    endpoint.note(`external endpoint ${name} is not imported: it is not enabled`);
    return undefined;
  }
  const own = nameOf(group === undefined ? name : `${group}-${name}`);
  if (group !== undefined) groups.add(group, own);
  endpoint.end();
  notes.add(
    endpoint.path,
    `its clients have to ping /ping/${own}, or /ping/${own}/fail, with the same token`,
  );
  return {
    name: own,
    kind: "service",
    ...defined({ timeout: interval }),
    ...(token === undefined
      ? {}
      : secrets.option("token", token, `${own}_TOKEN`, [...endpoint.path, "token"])),
  };
}

/** Writes `$NAME`, which Gatus replaces by a variable too, as the exporter does. */
const withVariables = (text: string): string =>
  text.replaceAll(/\$([A-Za-z_][A-Za-z0-9_]*)/g, (_, name: string) => `\${${name}}`);
