import { basename, isAbsolute } from "node:path";
import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import {
  type Action,
  type ActionWork,
  DEFAULT_ARGUMENT,
  type LabelMatcher,
  NOW,
  VERIFICATIONS,
} from "../../core/action.ts";
import { defined } from "../../core/defined.ts";
import { mapTexts, placeholdersIn, wholePlaceholder } from "../../core/placeholder.ts";
import { knownSecret } from "../../core/secret.ts";
import type { Path } from "../document/tree.ts";
import {
  headersOf,
  headersSchema,
  inboundAuth,
  inboundProperties,
  namedEntries,
  outboundTls,
  outboundTlsSchema,
} from "./http-auth.ts";
import { type BuildContext, durationOf } from "./modules.ts";
import { checkUrl } from "./relays.ts";

const LABEL = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SHELLS = new Set(["sh", "bash", "dash", "zsh", "ksh", "ash", "fish"]);
const RESERVED_HEADERS = new Set(["content-length", "host", "transfer-encoding"]);

/** Builds the actions that are right and reports what is wrong with the others. */
export function buildActions(list: unknown, context: BuildContext): readonly Action[] {
  return namedEntries(list, ["actions"], context).map(({ value, path }) =>
    actionOf(value as RawAction, path, context),
  );
}

function actionOf(raw: RawAction, path: Path, context: BuildContext): Action {
  const patterns = new Map(Object.entries(raw.arguments ?? {}));
  return {
    name: raw.name,
    auth: inboundAuth(raw, path, context),
    match: Object.entries(raw.match).map(
      ([label, value]): LabelMatcher =>
        typeof value === "string"
          ? { label, kind: "equal", value }
          : { label, kind: "regex", value: value.regex },
    ),
    targetLabel: raw.target_label ?? "target",
    work: workOf(raw, path, context),
    patterns,
    maxAttempts: raw.max_attempts ?? 3,
    cooldown: durationOf(raw.cooldown ?? "5m"),
    resetAfter: durationOf(raw.reset_after ?? "1h"),
    settle: durationOf(raw.settle ?? "30s"),
    timeout: durationOf(raw.timeout ?? "30s"),
    verify: raw.verify ?? "auto",
    dryRun: raw.dry_run ?? false,
  };
}

function workOf(raw: RawAction, path: Path, context: BuildContext): ActionWork {
  const { report } = context;
  if ((raw.run === undefined) === (raw.http === undefined)) {
    report.problem({ path, got: raw.run === undefined ? "neither" : "both", want: "run or http" });
  }
  if (raw.environment !== undefined && raw.run === undefined) {
    const want = "run besides: a request has no environment";
    report.problem({ path: [...path, "environment"], got: "an environment", want, aboutKey: true });
  }
  if (raw.http !== undefined) return httpOf(raw.http, [...path, "http"], context);
  const [program = "", ...rest] = raw.run ?? [];
  if (raw.run !== undefined) checkArgv(program, rest, [...path, "run"], context);
  const environment = Object.entries(raw.environment ?? {});
  return {
    kind: "run",
    argv: [program, ...rest],
    environment: new Map(environment.map(([name, value]) => [name, knownSecret(value)])),
  };
}

function checkArgv(program: string, rest: readonly string[], path: Path, { report }: BuildContext): void {
  if (!isAbsolute(program) || placeholdersIn(program).length > 0) {
    report.problem({ path: [...path, 0], want: "the whole path of a program, without placeholders" });
  }
  for (const [i, argument] of rest.entries()) {
    if (!argument.includes("{{") || LABEL.test(wholePlaceholder(argument) ?? "")) continue;
    report.problem({ path: [...path, i + 1], want: "{{label}} as a whole argument, and nothing beside it" });
  }
  // Also behind sudo, env and the like.
  const shell = [program, ...rest].some((argument) => SHELLS.has(basename(argument)));
  if (shell && rest.some((argument) => argument.includes("{{"))) {
    const want = "a program that is no shell: what an alert says could become a command";
    report.problem({ path: [...path, 0], want });
  }
}

function httpOf(raw: RawActionHttp, path: Path, context: BuildContext): ActionWork {
  const { report } = context;
  checkUrl(raw.url, [...path, "url"], context);
  checkSegments(raw.url, [...path, "url"], context);
  mapTexts(raw.body ?? {}, (text) => {
    for (const name of placeholdersIn(text)) {
      if (!LABEL.test(name))
        report.problem({ path: [...path, "body"], got: `{{${name}}}`, want: `{{label}} or {{${NOW}}}` });
    }
    return text;
  });
  if (raw.unix_socket?.includes(":") === true || (raw.unix_socket && !isAbsolute(raw.unix_socket))) {
    report.problem({ path: [...path, "unix_socket"], want: "the whole path of a socket, without a colon" });
  }
  return {
    kind: "http",
    method: raw.method ?? "POST",
    url: raw.url,
    headers: headersOf(raw.headers, [...path, "headers"], RESERVED_HEADERS, context),
    tls: outboundTls(raw.tls_config, [...path, "tls_config"], context),
    ...defined({ body: raw.body, unixSocket: raw.unix_socket }),
  };
}

/** What an alert says must never become a host, a query, or more of the path than one segment. */
function checkSegments(url: string, path: Path, { report }: BuildContext): void {
  const [, origin = "", pathname = "", rest = ""] = /^([a-z]+:\/\/[^/?#]*)([^?#]*)(.*)$/is.exec(url) ?? [];
  const segments = pathname.split("/").filter((segment) => segment.includes("{{"));
  const right = segments.every((segment) => LABEL.test(wholePlaceholder(segment) ?? ""));
  if (right && !origin.includes("{{") && !rest.includes("{{")) return;
  report.problem({ path, got: "a placeholder elsewhere", want: "{{label}} as a whole segment of the path" });
}

/** What may stand under `actions`. Defaults are stated for documentation: `actions.ts` applies them. */

const duration = { type: "string", format: "duration" } as const;
const positiveDuration = { type: "string", format: "positive_duration" } as const;
const word = { type: "string", minLength: 1 } as const;

const httpSchema = {
  type: "object",
  description: "Sends a request; a status from 200 to 299 is success.",
  properties: {
    method: { type: "string", enum: ["GET", "POST", "PUT", "PATCH", "DELETE"], default: "POST" },
    url: {
      ...word,
      writeOnly: true,
      description: "Where to; `{{label}}` may be a whole segment of its path, and is percent-encoded.",
    },
    headers: headersSchema,
    body: { type: "object", description: "JSON; `{{label}}` and `{{now}}` may stand in its texts." },
    unix_socket: { ...word, description: "Socket to speak through, such as /var/run/docker.sock." },
    tls_config: outboundTlsSchema,
  },
  required: ["url"],
  additionalProperties: false,
} as const satisfies JSONSchema;

/** One entry of `actions`. */
export const actionSchema = {
  type: "object",
  description: "Does something about alerts that come to `/alertmanager/actions/<name>`, within limits.",
  properties: {
    name: { type: "string", format: "target_name", description: "Unique; the label `action` of its series." },
    ...inboundProperties,
    match: {
      type: "object",
      minProperties: 1,
      propertyNames: { type: "string", format: "label_name" },
      additionalProperties: {
        anyOf: [
          { type: "string" },
          {
            type: "object",
            properties: { regex: { type: "string", format: "regexp" } },
            required: ["regex"],
            additionalProperties: false,
          },
        ],
      },
      description: "Labels that an alert must have: a value, or `{ regex: EXPRESSION }`, anchored.",
    },
    target_label: {
      type: "string",
      format: "label_name",
      default: "target",
      description: "The label that names what is repaired; attempts are counted by its value.",
    },
    run: {
      type: "array",
      items: { type: "string" },
      minItems: 1,
      description:
        "A program by its whole path, and its arguments; `{{label}}`, of the target in the configuration or else of the alert, may be a whole argument. No shell is involved.",
    },
    environment: {
      type: "object",
      propertyNames: { type: "string", format: "label_name" },
      additionalProperties: { type: "string", writeOnly: true },
      description: "The program's environment; it has nothing else but a PATH.",
    },
    http: httpSchema,
    arguments: {
      type: "object",
      propertyNames: { type: "string", format: "label_name" },
      additionalProperties: { type: "string", format: "regexp" },
      description: `What the values of labels have to be, by label, anchored. Default: \`${DEFAULT_ARGUMENT}\`.`,
    },
    max_attempts: {
      type: "integer",
      minimum: 1,
      maximum: 100,
      default: 3,
      description: "Attempts for one target, until the alert has stayed away for `reset_after`.",
    },
    cooldown: { ...duration, default: "5m", description: "From the end of an attempt to the next." },
    reset_after: {
      ...duration,
      default: "1h",
      description: "How long the alert must have stayed away until attempts are counted anew.",
    },
    settle: {
      ...duration,
      default: "30s",
      description: "How long after an attempt the target is probed to see whether it helped.",
    },
    timeout: { ...positiveDuration, default: "30s", description: "Longest duration of one attempt." },
    verify: {
      type: "string",
      enum: VERIFICATIONS,
      default: "auto",
      description:
        "Whether the target is asked before and after, so that nothing is done about one that has recovered: auto (where the exporter knows it), required (nothing is done about one it does not know), never.",
    },
    dry_run: { type: "boolean", default: false, description: "Only say what would be done." },
  },
  required: ["name", "match"],
  additionalProperties: false,
} as const satisfies JSONSchema;

type Keep = { keepDefaultedPropertiesOptional: true };

export type RawAction = FromSchema<typeof actionSchema, Keep>;
export type RawActionHttp = FromSchema<typeof httpSchema, Keep>;
