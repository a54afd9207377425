import { basename, isAbsolute } from "node:path";
import { type Action, type ActionWork, type LabelMatcher, NOW } from "../core/action.ts";
import { mapTexts, placeholdersIn, wholePlaceholder } from "../core/placeholder.ts";
import { knownSecret } from "../core/secret.ts";
import type { RawAction, RawActionHttp } from "./actions-schema.ts";
import { type BuildContext, durationOf } from "./modules.ts";
import { checkUrl } from "./relays.ts";
import type { Path } from "./tree.ts";
import { headersOf, inboundAuth, namedEntries, outboundTls } from "./webhooks.ts";

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
    ...(raw.body === undefined ? {} : { body: raw.body }),
    ...(raw.unix_socket === undefined ? {} : { unixSocket: raw.unix_socket }),
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
