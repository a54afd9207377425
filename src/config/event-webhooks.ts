import type { EventWebhook } from "../core/event-webhook.ts";
import { knownSecret, type Secret } from "../core/secret.ts";
import type { RawWebhook } from "./event-webhooks-schema.ts";
import { type BuildContext, durationOf, secretFile } from "./modules.ts";
import { nearest } from "./suggest.ts";
import type { Path } from "./tree.ts";

/**
 * Builds the webhooks that are right and reports what is wrong with the others.
 * @param named whether a target, heartbeat or group of that name can be; and those that are known
 */
export function buildWebhooks(
  raw: unknown,
  named: { readonly has: (name: string) => boolean; readonly known: readonly string[] },
  context: BuildContext,
): readonly EventWebhook[] {
  const list: readonly unknown[] = Array.isArray(raw) ? raw : [];
  const names = new Set<string>();
  return list.flatMap((value, i) => {
    const path = ["webhooks", i];
    if (context.report.isBroken(path)) return [];
    const one = value as RawWebhook;
    if (names.has(one.name)) {
      context.report.problem({ path: [...path, "name"], want: "a name that no other webhook has" });
      return [];
    }
    names.add(one.name);
    for (const [j, name] of (one.targets ?? []).entries()) {
      if (named.has(name)) continue;
      const guess = nearest(name, named.known);
      const hint = guess === undefined ? "" : ` (did you mean ${guess}?)`;
      context.report.problem({
        path: [...path, "targets", j],
        want: `the name of a target, heartbeat or group${hint}`,
      });
    }
    const webhook = buildWebhook(one, path, context);
    return webhook === undefined ? [] : [webhook];
  });
}

function buildWebhook(raw: RawWebhook, path: Path, context: BuildContext): EventWebhook | undefined {
  const { report, resolvePath } = context;
  const fileOf = (key: "url_file" | "secret_file" | "previous_secret_file"): Secret | undefined => {
    const file = raw[key];
    return file === undefined ? undefined : secretFile(resolvePath(file), [...path, key], report);
  };
  const url = urlOf(raw, path, fileOf("url_file"), context);
  const secret = fileOf("secret_file");
  const previousSecret = fileOf("previous_secret_file");
  if (previousSecret !== undefined && secret === undefined)
    report.problem({ path: [...path, "previous_secret_file"], want: "a secret_file beside it" });
  if (url === undefined || report.isBroken(path)) return undefined;
  return {
    name: raw.name,
    url,
    words: new Set(raw.events),
    ...(raw.targets === undefined ? {} : { subjects: new Set(raw.targets) }),
    ...(secret === undefined ? {} : { secret }),
    ...(previousSecret === undefined ? {} : { previousSecret }),
    headers: Object.fromEntries(
      Object.entries(raw.headers ?? {}).map(([name, value]) => [name, knownSecret(value)]),
    ),
    timeout: durationOf(raw.timeout ?? "5s"),
    maxAge: durationOf(raw.max_age ?? "1d"),
  };
}

function urlOf(
  { url, url_file }: RawWebhook,
  path: Path,
  fromFile: Secret | undefined,
  { report }: BuildContext,
): Secret | undefined {
  if ((url === undefined) === (url_file === undefined)) {
    const got = url === undefined ? "neither url nor url_file" : "both url and url_file";
    report.problem({ path, got, want: "one of the two" });
    return undefined;
  }
  if (url === undefined) return fromFile;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    report.problem({ path: [...path, "url"], want: "a URL that begins with http:// or https://" });
    return undefined;
  }
  return knownSecret(url);
}
