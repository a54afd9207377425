import { basename, isAbsolute } from "node:path";
import type { JSONSchema } from "json-schema-to-ts";
import {
  type Action,
  type ActionSetup,
  type ActionWork,
  DEFAULT_ARGUMENT,
  type LabelMatcher,
  NOW,
  VERIFICATIONS,
} from "../../core/action.ts";
import { defined } from "../../core/defined.ts";
import { mapTexts, placeholdersIn, wholePlaceholder } from "../../core/placeholder.ts";
import { knownSecret, Secret } from "../../core/secret.ts";
import { type BuildContext, durationOf, secretFile } from "../context.ts";
import { type Raw, type WithDefaults, withDefaults } from "../document/defaults.ts";
import type { Path } from "../document/tree.ts";
import { namedEntries, sectionOf } from "./entries.ts";
import {
  checkUrl,
  headersOf,
  headersSchema,
  inboundAuth,
  inboundProperties,
  outboundTls,
  outboundTlsSchema,
} from "./http-auth.ts";
import { limitsSchema } from "./limits.ts";
import { bool, duration, name, positiveDuration, word } from "./schema-words.ts";

const httpSchema = {
  type: "object",
  description: "Sends a request; a status from 200 to 299 is success.",
  properties: {
    method: {
      type: "string",
      enum: ["GET", "POST", "PUT", "PATCH", "DELETE"],
      default: "POST",
      description: "Request method.",
    },
    url: {
      ...word,
      writeOnly: true,
      description: "Address; `{{label}}` may be a whole segment of its path, and is percent-encoded.",
    },
    headers: headersSchema,
    bearer_token_file: {
      ...word,
      description:
        "File with the token of `Authorization: Bearer`, such as that of the pod's service account; read again when it changes.",
    },
    body: { type: "object", description: "JSON body; its texts may contain `{{label}}` and `{{now}}`." },
    unix_socket: { ...word, description: "Unix socket to connect to, such as /var/run/docker.sock." },
    tls_config: outboundTlsSchema,
  },
  required: ["url"],
  additionalProperties: false,
} as const satisfies JSONSchema;

const byLabel = { type: "object", propertyNames: { type: "string", format: "label_name" } } as const;

const actionSchema = {
  type: "object",
  description: "An action reacts to alerts sent to `/alertmanager/actions/<name>`, within limits.",
  properties: {
    name: { ...name, description: "Unique; the label `action` of its series." },
    ...inboundProperties,
    match: {
      ...byLabel,
      minProperties: 1,
      additionalProperties: {
        anyOf: [
          { type: "string" },
          {
            type: "object",
            properties: {
              regex: { type: "string", format: "regexp", description: "RE2 expression, anchored." },
            },
            required: ["regex"],
            additionalProperties: false,
          },
        ],
      },
      description: "Labels that an alert must have: a value, or `{ regex: EXPRESSION }`, which is anchored.",
    },
    target_label: {
      type: "string",
      format: "label_name",
      default: "target",
      description: "Label that names the target to repair; attempts are counted per value.",
    },
    run: {
      type: "array",
      items: { type: "string" },
      minItems: 1,
      description:
        "Absolute path of a program, and its arguments. `{{label}}` may be a whole argument: a label of the configured target, or else of the alert. No shell is involved.",
    },
    environment: {
      ...byLabel,
      additionalProperties: { type: "string", writeOnly: true },
      description: "Environment of the program, which is empty otherwise except for PATH.",
    },
    http: httpSchema,
    arguments: {
      ...byLabel,
      additionalProperties: { type: "string", format: "regexp" },
      description: `Expressions that label values must match, by label, anchored. Default: \`${DEFAULT_ARGUMENT}\`.`,
    },
    max_attempts: {
      type: "integer",
      minimum: 1,
      maximum: 100,
      default: 3,
      description: "Attempts per target until the alert has been absent for `reset_after`.",
    },
    cooldown: { ...duration, default: "5m", description: "Time from the end of an attempt to the next." },
    reset_after: {
      ...duration,
      default: "1h",
      description: "How long the alert must be absent before attempts are counted from zero again.",
    },
    settle: {
      ...duration,
      default: "30s",
      description: "Time after an attempt before the target is probed to verify the repair.",
    },
    timeout: { ...positiveDuration, default: "30s", description: "Longest duration of one attempt." },
    verify: {
      type: "string",
      enum: VERIFICATIONS,
      default: "auto",
      description:
        "Probe the target before and after an attempt, so that a recovered target is left alone: auto (if it is a configured target), required (refuse targets that are not configured), never.",
    },
    dry_run: { ...bool, default: false, description: "Only report what would be done." },
  },
  required: ["name", "match"],
  additionalProperties: false,
} as const satisfies JSONSchema;

/** An entry with its defaults. */
type RawAction = WithDefaults<typeof actionSchema>;

/** The section `actions`. */
export const actionsSchema = {
  type: "array",
  items: actionSchema,
  description: "Guarded reactions to alerts.",
} as const satisfies JSONSchema;

const LABEL = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SHELLS = new Set(["sh", "bash", "dash", "zsh", "ksh", "ash", "fish"]);

/** Headers that the exporter sets itself. */
const RESERVED_HEADERS = new Set(["content-length", "host", "transfer-encoding"]);

/** Builds the valid actions and reports the problems of the others. */
export function buildActions(context: BuildContext): ActionSetup {
  const actions = namedEntries("actions", "a name that no other action has", context).flatMap(
    ({ value, path }) =>
      context.problems.isBroken(path) ? [] : [actionOf(withDefaults(actionSchema, value), path, context)],
  );
  return { actions, perHour: sectionOf("limits", limitsSchema, context).actions_per_hour };
}

function actionOf(raw: RawAction, path: Path, context: BuildContext): Action {
  return {
    name: raw.name,
    auth: inboundAuth(raw, path, context),
    match: Object.entries(raw.match).map(
      ([label, value]): LabelMatcher =>
        typeof value === "string"
          ? { label, kind: "equal", value }
          : { label, kind: "regex", value: value.regex },
    ),
    targetLabel: raw.target_label,
    work: workOf(raw, path, context),
    patterns: new Map(Object.entries(raw.arguments ?? {})),
    maxAttempts: raw.max_attempts,
    cooldown: durationOf(raw.cooldown),
    resetAfter: durationOf(raw.reset_after),
    settle: durationOf(raw.settle),
    timeout: durationOf(raw.timeout),
    verify: raw.verify,
    dryRun: raw.dry_run,
  };
}

function workOf(raw: RawAction, path: Path, context: BuildContext): ActionWork {
  const { problems } = context;
  if (raw.run === undefined && raw.http === undefined) {
    problems.add({ path, got: "neither run nor http", want: "one of them" });
  }
  if (raw.run !== undefined && raw.http !== undefined) {
    problems.add({ path, got: "run and http", want: "only one of them" });
  }
  if (raw.environment !== undefined && raw.run === undefined) {
    const want = "run as well, because only a program has an environment";
    problems.add({ path: [...path, "environment"], got: "an environment", want, aboutKey: true });
  }
  if (raw.http !== undefined) return httpOf(raw.http, [...path, "http"], context);
  const [program = "", ...rest] = raw.run ?? [];
  if (raw.run !== undefined) checkArgv(program, rest, [...path, "run"], context);
  const environment = Object.entries(raw.environment ?? {});
  return {
    kind: "run",
    argv: [program, ...rest],
    environment: new Map(environment.map(([variable, value]) => [variable, knownSecret(value)])),
  };
}

function checkArgv(program: string, rest: readonly string[], path: Path, { problems }: BuildContext): void {
  if (!isAbsolute(program) || placeholdersIn(program).length > 0) {
    problems.add({ path: [...path, 0], want: "the absolute path of a program, without placeholders" });
  }
  for (const [i, argument] of rest.entries()) {
    if (!argument.includes("{{") || LABEL.test(wholePlaceholder(argument) ?? "")) continue;
    problems.add({ path: [...path, i + 1], want: "{{label}} as the whole argument" });
  }
  // A shell may also be started by sudo, env and the like.
  const shell = [program, ...rest].some((argument) => SHELLS.has(basename(argument)));
  if (shell && rest.some((argument) => argument.includes("{{"))) {
    const want = "no shell, which could run a label's value as a command";
    problems.add({ path: [...path, 0], want });
  }
}

function httpOf(given: Raw<typeof httpSchema>, path: Path, context: BuildContext): ActionWork {
  const { problems } = context;
  const raw = withDefaults(httpSchema, given);
  checkUrl(raw.url, [...path, "url"], context);
  checkSegments(raw.url, [...path, "url"], context);
  mapTexts(raw.body ?? {}, (text) => {
    for (const label of placeholdersIn(text)) {
      if (LABEL.test(label)) continue;
      problems.add({ path: [...path, "body"], got: `{{${label}}}`, want: `{{label}} or {{${NOW}}}` });
    }
    return text;
  });
  const socket = raw.unix_socket;
  if (socket !== undefined && (socket.includes(":") || !isAbsolute(socket))) {
    const want = "the absolute path of a socket, without a colon";
    problems.add({ path: [...path, "unix_socket"], want });
  }
  return {
    kind: "http",
    method: raw.method,
    url: raw.url,
    headers: requestHeaders(raw, path, context),
    tls: outboundTls(raw.tls_config, [...path, "tls_config"], context),
    ...defined({ body: raw.body, unixSocket: socket }),
  };
}

/** Returns the headers of a request, with that of its bearer token. */
function requestHeaders(
  { headers: raw, bearer_token_file: file }: Raw<typeof httpSchema>,
  path: Path,
  context: BuildContext,
): ReadonlyMap<string, Secret> {
  const headers = headersOf(raw, [...path, "headers"], RESERVED_HEADERS, context);
  if (file === undefined) return headers;
  const own = [...headers.keys()].find((name) => name.toLowerCase() === "authorization");
  if (own !== undefined) {
    const want = "either bearer_token_file or this header";
    context.problems.add({ path: [...path, "headers", own], got: "both", want, aboutKey: true });
  }
  const token = secretFile(file, [...path, "bearer_token_file"], context);
  const value = new Secret(async () => `Bearer ${await token.reveal()}`);
  return new Map([...headers, ["Authorization", value]]);
}

/** Keeps label values out of the host and the query, and within one segment of the path. */
function checkSegments(url: string, path: Path, { problems }: BuildContext): void {
  const [, origin = "", pathname = "", rest = ""] = /^([a-z]+:\/\/[^/?#]*)([^?#]*)(.*)$/is.exec(url) ?? [];
  const segments = pathname.split("/").filter((segment) => segment.includes("{{"));
  const valid = segments.every((segment) => LABEL.test(wholePlaceholder(segment) ?? ""));
  if (valid && !origin.includes("{{") && !rest.includes("{{")) return;
  problems.add({ path, got: "a placeholder elsewhere", want: "{{label}} as a whole segment of the path" });
}
