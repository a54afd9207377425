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
import { type ParseLine, parseJsonLine, parseLogfmtLine, parseWith } from "./formats.ts";
import type { FieldRules } from "./readings.ts";
import { cataloguedKind, isOwnName } from "./samples.ts";
import type { FieldOptions, HeartbeatLogOptions } from "./schema.ts";
import type { HeartbeatRules } from "./session.ts";

/** How a module fetches logs over HTTP. */
export interface FetchRules {
  readonly agents: AgentSource;
  readonly headers: Readonly<Record<string, Secret>>;
  /** Bytes of one answer. */
  readonly limit: number;
}

/** A module of kind `heartbeat_log`, ready to probe. */
export interface HeartbeatLogModule {
  /** Folders and files that may be read, absolute. */
  readonly roots: readonly string[];
  readonly rules: HeartbeatRules;
  readonly fields: FieldRules;
  /** How long there may be no heartbeat; without it 2.5 x the interval. */
  readonly timeout?: Seconds;
  /** Time between heartbeats that do not say it themselves. */
  readonly interval: Seconds;
  readonly intervalField: string;
  readonly matchAll: boolean;
  readonly ignoreOlder?: Seconds;
  readonly initialRead: number;
  readonly fetch: FetchRules;
  readonly descriptors: Descriptors;
  /** Probes of a log that are under way: it is read by one at a time. */
  readonly reading: Map<string, Promise<unknown>>;
}

/** Of the text in the heartbeats of petrosa's services the part that no encoding changes. */
const MARKER = "HEARTBEAT - System Statistics";

/** Files that one module keeps open. */
const MOST_OPEN = 256;

const KIB = 1024;
const MIB = 1024 * KIB;

/** Makes a module of validated options, reporting what no schema can see. */
export function compileHeartbeatLog(
  options: HeartbeatLogOptions,
  context: CompileContext,
): HeartbeatLogModule {
  // Begun now, it is there when the first log is fetched, if the module fetches any.
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
      zone: options.timezone ?? "local",
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
    reading: new Map(),
  };
}

/** The field that becomes the series of this name. */
const sourceOf = (fields: FieldRules, name: string): string =>
  Object.keys(fields).find((field) => fields[field]?.name === name) ?? name;

/** What stands in a line must be the same in each encoding and wrapper, as lines are looked through as bytes. */
function markerOf(marker: string | undefined, context: CompileContext): string {
  if (marker === undefined) return MARKER;
  if (/^[ !#-%'-;=?-[\]-~]*$/.test(marker)) return marker;
  context.problem(
    ["marker"],
    JSON.stringify(marker),
    'ASCII text without " \\ < > &, which looks the same in every encoding and wrapper',
  );
  return MARKER;
}

function parserOf({ format = "json", expression }: HeartbeatLogOptions, context: CompileContext): ParseLine {
  if (format === "regex" && expression === undefined)
    context.problem(["expression"], "nothing", "an expression with named groups, for format regex");
  if (format !== "regex" && expression !== undefined)
    context.problem(["expression"], `one with format ${format}`, "format: regex");
  if (format === "json") return parseJsonLine;
  if (format === "logfmt" || expression === undefined) return parseLogfmtLine;
  try {
    const compiled = compileRegexp(expression);
    if (compiled.groupNames.length === 0)
      context.problem(["expression"], JSON.stringify(expression), "one with named groups: (?P<name>...)");
    return parseWith(compiled);
  } catch {
    // The schema has reported it.
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
      context.problem(["fields", field, "name"], `${got}, as of ${other}`, "each name once");
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
  if (isOwnName(name)) context.problem(path, got, "a name under which the exporter does not count itself");
  const ends = name.endsWith("_total");
  if (type !== undefined && ends !== (type === "counter"))
    context.problem(
      path,
      `${got} with type ${type}`,
      type === "counter" ? "a name that ends in _total" : "a name that does not end in _total",
    );
  const known = cataloguedKind(name);
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

/** The variable that the services themselves read, in whole seconds. */
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
