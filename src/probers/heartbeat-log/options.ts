import { defined } from "../../core/defined.ts";
import type { CompileContext } from "../../core/prober.ts";
import { knownSecret, type Secret } from "../../core/secret.ts";
import { parseDuration, parseSize, type Seconds, SIZE_FORM, seconds } from "../../core/units.ts";
import { checkAllowedTargets } from "../address-policy.ts";
import { type AgentSource, agentSource } from "../agents.ts";
import { loadClient } from "../client.ts";
import { compileProxy } from "../fixed-proxy.ts";
import { isHeaderName, isHeaderValue } from "../header-fields.ts";
import { compileRegexp } from "../regexp.ts";
import { compileTls } from "../tls-options.ts";
import { createDescriptors, type Descriptors } from "./descriptors.ts";
import type { FieldRules } from "./field-series.ts";
import { type ParseLine, parseJsonLine, parseLogfmtLine, parseWith } from "./formats.ts";
import { declaredKind, isOwnName } from "./samples.ts";
import type { FieldOptions, HeartbeatLogOptions } from "./schema.ts";
import type { HeartbeatRules } from "./session.ts";
import { isZone, type Zone } from "./zones.ts";

/** Settings for fetching logs over HTTP. */
export interface FetchRules {
  readonly agents: AgentSource;
  readonly headers: Readonly<Record<string, Secret>>;
  /** Most bytes that one probe fetches. */
  readonly limit: number;
}

/** A module of kind `heartbeat_log`, ready to probe. */
export interface HeartbeatLogModule {
  /** Absolute paths of folders and files that may be read. */
  readonly roots: readonly string[];
  readonly rules: HeartbeatRules;
  readonly fields: FieldRules;
  /** Longest time without a heartbeat; default 2.5 x the interval. */
  readonly timeout?: Seconds;
  /** Time between heartbeats that do not state it themselves. */
  readonly interval: Seconds;
  readonly intervalField: string;
  readonly matchAll: boolean;
  readonly ignoreOlder?: Seconds;
  readonly initialRead: number;
  readonly fetch: FetchRules;
  readonly descriptors: Descriptors;
  /** The running read of each log, as each log is read by one probe at a time. */
  readonly activeReads: Map<string, Promise<unknown>>;
}

/** The ASCII part of the text in the heartbeats of petrosa's services, which is the same in every encoding. */
const MARKER = "HEARTBEAT - System Statistics";

/** Most files that a module keeps open between probes. */
const MOST_OPEN = 256;

const KIB = 1024;
const MIB = 1024 * KIB;

/** Compiles validated options and reports the problems that a schema cannot detect. */
export function compileHeartbeatLog(
  options: HeartbeatLogOptions,
  context: CompileContext,
): HeartbeatLogModule {
  // Loads the HTTP client before the first probe, which would otherwise wait for it.
  if (options.allowed_targets !== undefined) void loadClient();
  checkAllowedTargets(options.allowed_targets, context);
  const { fields = {}, timestamp_field: timestampField } = options;
  reportFields(fields, context);
  const proxy = compileProxy(options.proxy_url, context);
  const size = (
    name: "initial_read" | "max_line_length" | "body_size_limit",
    usual: number,
    least: number,
    most: number,
  ) => sizeOf(options, name, { usual, least, most }, context);
  const timeout = options.timeout === undefined ? undefined : parseDuration(options.timeout);
  const ignoreOlder = options.ignore_older === undefined ? undefined : parseDuration(options.ignore_older);
  return {
    roots: options.paths.map((path) => context.resolvePath(path)),
    rules: {
      lines: {
        marker: markerOf(options.marker, context),
        parse: parserOf(options, context),
        maxLineLength: size("max_line_length", MIB, KIB, 16 * MIB),
      },
      countField: sourceOf(fields, "heartbeat_count"),
      uptimeField: sourceOf(fields, "uptime_seconds"),
      ...defined({ timestampField }),
      zone: zoneOf(options.timezone, context),
    },
    fields,
    ...defined({ timeout }),
    interval: intervalOf(options.interval, context),
    intervalField: sourceOf(fields, "interval_seconds"),
    matchAll: options.match !== "any",
    ...defined({ ignoreOlder }),
    initialRead: size("initial_read", 16 * MIB, 0, Number.MAX_SAFE_INTEGER),
    fetch: {
      agents: agentSource(compileTls(options.tls_config ?? {}, context), proxy?.url),
      headers: headersOf(options.headers ?? {}, context),
      limit: size("body_size_limit", 64 * MIB, KIB, Number.MAX_SAFE_INTEGER),
    },
    descriptors: createDescriptors(MOST_OPEN),
    activeReads: new Map(),
  };
}

/** Returns the field that becomes the series `name`. */
const sourceOf = (fields: FieldRules, name: string): string =>
  Object.keys(fields).find((field) => fields[field]?.name === name) ?? name;

function zoneOf(zone: string | undefined, context: CompileContext): Zone {
  if (zone === undefined || isZone(zone)) return zone ?? "local";
  const want = "local, utc, a time zone such as Europe/Berlin, or an offset such as +02:00";
  context.problem(["timezone"], JSON.stringify(zone), want);
  return "local";
}

/** Returns the marker. It must be the same in every encoding and wrapper, because it is searched for as bytes. */
function markerOf(marker: string | undefined, context: CompileContext): string {
  if (marker === undefined) return MARKER;
  if (/^[ !#-%'-;=?-[\]-~]*$/.test(marker)) return marker;
  context.problem(
    ["marker"],
    JSON.stringify(marker),
    'ASCII text without " \\ < > &, which is the same in every encoding and wrapper',
  );
  return MARKER;
}

function parserOf({ format = "json", expression }: HeartbeatLogOptions, context: CompileContext): ParseLine {
  if (format === "regex" && expression === undefined)
    context.problem(["expression"], "nothing", "an expression with named groups, for format regex");
  if (format !== "regex" && expression !== undefined)
    context.problem(["expression"], `an expression with format ${format}`, "format: regex");
  if (format === "json") return parseJsonLine;
  if (format === "logfmt" || expression === undefined) return parseLogfmtLine;
  try {
    const compiled = compileRegexp(expression);
    if (compiled.groupNames.length === 0)
      context.problem(["expression"], JSON.stringify(expression), "one with named groups: (?P<name>...)");
    return parseWith(compiled);
  } catch {
    // Schema validation reports an invalid expression.
    return parseLogfmtLine;
  }
}

function reportFields(fields: FieldRules, context: CompileContext): void {
  const names = new Map<string, string>();
  for (const [field, rule] of Object.entries(fields)) {
    const { name, type, states } = rule;
    if (states !== undefined && type !== "state")
      context.problem(["fields", field, "states"], `states with ${type ?? "no type"}`, "type: state");
    if (name === undefined) continue;
    const got = JSON.stringify(name);
    const other = names.get(name);
    if (other !== undefined)
      context.problem(["fields", field, "name"], `${got}, the name of ${other}`, "each name once");
    names.set(name, field);
    reportName(["fields", field, "name"], name, rule, context);
  }
}

function reportName(
  path: readonly string[],
  name: string,
  { type }: FieldOptions,
  context: CompileContext,
): void {
  const got = JSON.stringify(name);
  if (isOwnName(name)) context.problem(path, got, "a name that is not a metric of the exporter itself");
  const isCounterName = name.endsWith("_total");
  if (type !== undefined && isCounterName !== (type === "counter"))
    context.problem(
      path,
      `${got} with type ${type}`,
      type === "counter" ? "a name that ends in _total" : "a name that does not end in _total",
    );
  const known = declaredKind(name);
  const kind = type === undefined || type === "counter" || type === "state" ? type : "gauge";
  if (known !== undefined && kind !== undefined && known !== kind)
    context.problem(path, `${got} with type ${type}`, `another name: this one is a ${known}`);
}

function sizeOf(
  options: HeartbeatLogOptions,
  name: "initial_read" | "max_line_length" | "body_size_limit",
  { usual, least, most }: { readonly usual: number; readonly least: number; readonly most: number },
  context: CompileContext,
): number {
  const text = options[name];
  if (text === undefined) return usual;
  const bytes = text.startsWith("-") ? undefined : parseSize(text);
  if (bytes !== undefined && bytes >= least && bytes <= most) return bytes;
  const range =
    most === Number.MAX_SAFE_INTEGER ? (least === 0 ? "" : ", at least 1KB") : ", from 1KB to 16MB";
  context.problem([name], JSON.stringify(text), `${SIZE_FORM}${range}`);
  return usual;
}

/** The variable that the services themselves read, in seconds. */
const INTERVAL_VARIABLE = "HEARTBEAT_INTERVAL_SECONDS";

function intervalOf(text: string | undefined, context: CompileContext): Seconds {
  const usual = seconds(60);
  if (text !== undefined) return parseDuration(text) ?? usual;
  const variable = context.environment[INTERVAL_VARIABLE]?.trim() ?? "";
  if (variable === "") return usual;
  const length = seconds(Number(variable));
  if (length > 0 && length <= 86_400) return length;
  context.problem(["interval"], `${INTERVAL_VARIABLE}=${variable}`, "a number of seconds from 1 to 86400");
  return usual;
}

function headersOf(given: Readonly<Record<string, string>>, context: CompileContext): Record<string, Secret> {
  const headers: Record<string, Secret> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!isHeaderName(name) || !isHeaderValue(value)) {
      context.problem(
        ["headers", name],
        "a name or value that HTTP does not allow",
        "the name of a header, and one line of text",
      );
      continue;
    }
    if (/^(connection|content-length|transfer-encoding|range|accept-encoding|if-none-match)$/i.test(name))
      context.problem(["headers", name], "a header that the exporter sets itself", "any other header");
    headers[name.toLowerCase()] = knownSecret(value);
  }
  return headers;
}
