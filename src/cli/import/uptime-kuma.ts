import { escapeReferences } from "../../config/document/convert.ts";
import { defined } from "../../core/defined.ts";
import { documentOf } from "./document.ts";
import { durationOf } from "./durations.ts";
import { type Fields, fieldsOf } from "./fields.ts";
import { createGroups, type Groups } from "./groups.ts";
import { createHttpModules, type HttpModules, httpHeaders, targetAddress } from "./http-modules.ts";
import { kumaChannel } from "./kuma-channels.ts";
import { createNames, type Import, type ImportResult } from "./names.ts";

/** Keys of a monitor that are no settings, or settings of the page. */
const NO_SETTINGS = [
  ["id", "user_id", "weight", "dns_last_result", "pathName", "path", "childrenIDs", "includeSensitiveData"],
  ["forceInactive", "maintenance", "screenshot", "notificationIDList", "retryInterval", "retry_interval"],
  ["timeout_enabled", "packetSize", "expiryNotification", "domainExpiryNotification", "httpBodyEncoding"],
  ["dns_resolve_type", "dns_resolve_server", "docker_container", "docker_host", "mqttTopic", "method_type"],
  ["kafkaProducerSsl", "kafkaProducerAllowAutoTopicCreation", "gamedigGivenPortOnly", "grpcEnableTls"],
  [
    "kafkaProducerSaslOptions",
    "rabbitmqNodes",
    "jsonPathOperator",
    "conditions",
    "ping_count",
    "ping_numeric",
  ],
  ["ping_per_request_timeout", "cacheBust", "remote_browser", "smtpSecurity", "ipFamily"],
].flat();

interface Monitors extends Import {
  readonly modules: HttpModules;
  readonly groups: Groups;
  readonly groupNames: ReadonlyMap<number, string>;
  readonly nameOf: (text: string) => string;
}

/** Converts Uptime Kuma's backup: monitors become targets and heartbeats, notifications channels. */
export function importUptimeKuma(context: Import): ImportResult {
  const { source, notes } = context;
  const file = fieldsOf(listed(source.value), [], source, notes);
  const monitors = file.maps("monitorList");
  const shared: Monitors = {
    ...context,
    modules: createHttpModules(),
    groups: createGroups(),
    groupNames: new Map(monitors.flatMap(groupName)),
    nameOf: createNames(),
  };
  const imported = monitors.map((monitor) => monitorOf(monitor, shared));
  const targets = imported.flatMap((one) => one.target ?? []);
  const heartbeats = imported.flatMap((one) => one.heartbeat ?? []);
  const nameOf = createNames();
  const channels = file.maps("notificationList").flatMap((one) => kumaChannel(one, nameOf, context) ?? []);
  file.omit("proxyList", "use proxy_url of a module");
  file.ignore("version");
  file.end();
  return { document: documentOf({ ...shared, targets, heartbeats, channels }) };
}

/** Newer versions list monitors as a map by id. */
function listed(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("monitorList" in value)) return value;
  const { monitorList } = value;
  return typeof monitorList === "object" && monitorList !== null && !Array.isArray(monitorList)
    ? { ...value, monitorList: Object.values(monitorList) }
    : value;
}

const groupName = (monitor: Fields): readonly (readonly [number, string])[] => {
  const id = monitor.number("id");
  return id === undefined ? [] : [[id, monitor.text("name") ?? String(id)]];
};

/** The result of importing one monitor; empty if it is left out. */
interface Imported {
  readonly target?: object;
  readonly heartbeat?: object;
}

/** Returns the target or the heartbeat of a monitor. */
function monitorOf(monitor: Fields, shared: Monitors): Imported {
  const name = monitor.required("name");
  const type = monitor.required("type");
  if (type === "group") return {};
  const isActive = monitor.any("active");
  if (isActive === false || isActive === 0) {
    monitor.note(`${name} is not imported: it is paused`);
    return {};
  }
  const isHttp = ["http", "keyword", "json-query"].includes(type);
  if (!isHttp && type !== "push") {
    monitor.note(`${name} is not imported: type ${type} is not probed`);
    return {};
  }
  if (monitor.any("upsideDown") === true) {
    monitor.note(`${name} is not imported: a target cannot be upside down`);
    return {};
  }
  const parent = monitor.number("parent");
  const group = parent === undefined ? undefined : shared.groupNames.get(parent);
  const own = shared.nameOf(name);
  if (own !== name) monitor.note(`renamed to ${own}`, "name");
  monitor.ignore(...NO_SETTINGS);
  monitor.omit("resendInterval", "use repeat_every of the channel", 0);
  monitor.omit("proxyId", "use proxy_url of a module");
  const made: Imported =
    type === "push" ? { heartbeat: pushOf(monitor, own, shared) } : httpTarget(monitor, own, type, shared);
  monitor.ignore("description", "url", "hostname", "port", "pushToken", "method", "maxredirects", "timeout");
  monitor.ignore("accepted_statuscodes", "maxretries", "ignoreTls", "keyword", "invertKeyword");
  if (made.target === undefined && made.heartbeat === undefined) return made;
  monitor.end();
  if (group !== undefined) shared.groups.add(group, own);
  return made;
}

function pushOf(monitor: Fields, own: string, { secrets }: Monitors): object {
  const token = monitor.text("pushToken");
  const interval = monitor.number("interval") ?? 60;
  const retries = monitor.number("maxretries") ?? 0;
  monitor.note(`its clients have to ping /ping/${own} instead of /api/push/TOKEN`);
  labelsOf(monitor);
  return {
    name: own,
    kind: "service",
    timeout: durationOf(interval * (retries + 1)),
    ...(token === undefined
      ? {}
      : secrets.option("token", token, `${own}_TOKEN`, [...monitor.path, "pushToken"])),
  };
}

function httpTarget(monitor: Fields, own: string, type: string, { modules, secrets }: Monitors): Imported {
  const auth = authOf(monitor, secrets, own);
  if (auth === undefined) {
    monitor.note(`${own} is not imported: its kind of authentication is not supported`, "authMethod");
    return {};
  }
  const query = type === "json-query" ? jsonQuery(monitor) : {};
  if (query === undefined) {
    monitor.note(`${own} is not imported: its JSON query is not a path of names`);
    return {};
  }
  const interval = monitor.number("interval") ?? 60;
  const timeout = monitor.number("timeout");
  const settings = { ...requestOf(monitor, secrets), ...auth, ...keywordOf(monitor, type), ...query };
  const labels = labelsOf(monitor);
  const retries = monitor.number("maxretries") ?? 0;
  const shortest = Math.min(timeout === undefined || timeout === 0 ? interval * 0.8 : timeout, interval);
  return {
    target: {
      name: own,
      module: modules.nameFor(settings, durationOf(shortest)),
      target: targetAddress(escapeReferences(monitor.required("url")), secrets, own, [
        ...monitor.path,
        "url",
      ]),
      schedule: "interval",
      interval: durationOf(interval),
      failure_threshold: retries + 1,
      healthy_threshold: 1,
      ...defined({ labels }),
    },
  };
}

function requestOf(monitor: Fields, secrets: Import["secrets"]): Readonly<Record<string, unknown>> {
  const method = monitor.text("method");
  const headers = monitor.text("headers");
  const body = monitor.text("body");
  const codes = monitor.texts("accepted_statuscodes");
  const redirects = monitor.number("maxredirects");
  const parsed = headers === undefined || headers === "" ? undefined : parseHeaders(headers);
  if (headers !== undefined && headers !== "" && parsed === undefined)
    monitor.note("not imported: they are not a JSON map", "headers");
  return {
    ...defined({ method: method === undefined || method === "GET" ? undefined : method }),
    ...(parsed === undefined ? {} : httpHeaders(parsed, secrets, [...monitor.path, "headers"])),
    ...(body === undefined || body === "" ? {} : { body: escapeReferences(body) }),
    ...(codes.length === 0 || codes.join() === "200-299" ? {} : { valid_status_codes: codes.map(codeOf) }),
    ...(redirects === 0 ? { follow_redirects: false } : {}),
    ...(monitor.any("ignoreTls") === true ? { tls_config: { insecure_skip_verify: true } } : {}),
  };
}

/** Returns how the monitor authenticates; `undefined` for a way that the exporter has not. */
function authOf(monitor: Fields, secrets: Import["secrets"], own: string): object | undefined {
  const method = monitor.text("authMethod") ?? "basic";
  const [user, password] = [monitor.text("basic_auth_user"), monitor.text("basic_auth_pass")];
  const [id, secret] = [monitor.text("oauth_client_id"), monitor.text("oauth_client_secret")];
  const [url, scopes] = [monitor.text("oauth_token_url"), monitor.text("oauth_scopes")];
  monitor.ignore("oauth_auth_method");
  if (method === "oauth2-cc" && id !== undefined && secret !== undefined && url !== undefined) {
    const key = [...monitor.path, "oauth_client_secret"];
    return {
      oauth2: {
        client_id: escapeReferences(id),
        ...secrets.option("client_secret", secret, `${own}_CLIENT_SECRET`, key),
        token_url: escapeReferences(url),
        ...(scopes === undefined || scopes === "" ? {} : { scopes: scopes.split(/\s+/) }),
      },
    };
  }
  if (method !== "basic" && method !== "") return undefined;
  if (user === undefined || user === "" || password === undefined) return {};
  const key = [...monitor.path, "basic_auth_pass"];
  const option = secrets.option("password", password, `${own}_PASSWORD`, key);
  return { basic_auth: { username: escapeReferences(user), ...option } };
}

const codeOf = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);

function parseHeaders(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

function keywordOf(monitor: Fields, type: string): object {
  const keyword = monitor.text("keyword");
  const inverted = monitor.any("invertKeyword") === true;
  if (type !== "keyword" || keyword === undefined) return {};
  const expression = keyword.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  return { [inverted ? "fail_if_body_matches_regexp" : "fail_if_body_not_matches_regexp"]: [expression] };
}

/** Converts `$.a.b`, `a.b` and the like, compared with a text; `undefined` for another query. */
function jsonQuery(monitor: Fields): object | undefined {
  const [path, expected] = [monitor.text("jsonPath"), monitor.text("expectedValue")];
  const steps = path?.replace(/^\$\.?/, "").split(".") ?? [];
  if (expected === undefined || !steps.every((step) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(step)))
    return undefined;
  return {
    fail_if_body_json_not_matches_cel: `string(body.${steps.join(".")}) == ${JSON.stringify(expected)}`,
  };
}

/** Returns tags as labels; those whose names are no label names are noted. */
function labelsOf(monitor: Fields): Readonly<Record<string, string>> | undefined {
  const labels: Record<string, string> = {};
  for (const tag of monitor.maps("tags")) {
    const [name = "", value] = [tag.text("name"), tag.text("value")];
    tag.ignore("id", "tag_id", "monitor_id", "color");
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || TAKEN.has(name))
      tag.note(`tag ${name} is not imported: want a label name`);
    else labels[name] = escapeReferences(value === undefined || value === "" ? "true" : value);
  }
  return Object.keys(labels).length === 0 ? undefined : labels;
}

const TAKEN = new Set(["target", "module", "critical", "kind", "instance", "job"]);
