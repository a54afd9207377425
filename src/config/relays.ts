import { mapTexts, placeholdersIn } from "../core/placeholder.ts";
import { EVENT_FIELDS, type EventShape, type Relay } from "../core/webhook.ts";
import { type BuildContext, durationOf, secretFile } from "./modules.ts";
import type { RawRelay } from "./relays-schema.ts";
import type { Path } from "./tree.ts";
import { eitherSecret, headersOf, inboundAuth, namedEntries, outboundTls } from "./webhooks.ts";

const RESERVED_HEADERS = new Set([
  "content-length",
  "content-type",
  "host",
  "transfer-encoding",
  "x-webhook-signature",
  "x-webhook-signature-previous",
  "webhook-id",
  "webhook-timestamp",
  "webhook-signature",
]);

/** Builds the relays that are right and reports what is wrong with the others. */
export function buildRelays(list: unknown, context: BuildContext): readonly Relay[] {
  return namedEntries(list, ["relays"], context).map(({ value, path }) =>
    relayOf(value as RawRelay, path, context),
  );
}

function relayOf(raw: RawRelay, path: Path, context: BuildContext): Relay {
  const { report } = context;
  if (raw.url !== undefined) checkUrl(raw.url, [...path, "url"], context);
  const signing =
    raw.signing === undefined ? undefined : signingOf(raw.signing, [...path, "signing"], context);
  if (signing === undefined) {
    report.warn(path, "does not sign: receivers cannot tell its events from anybody's; set signing.key_file");
  }
  return {
    name: raw.name,
    auth: inboundAuth(raw, path, context),
    url: eitherSecret(raw, "url", path, context),
    shape: shapeOf(raw, path, context),
    headers: headersOf(raw.headers, [...path, "headers"], RESERVED_HEADERS, context),
    timeout: durationOf(raw.timeout ?? "10s"),
    retry: {
      initial: durationOf(raw.retry?.initial ?? "1s"),
      max: durationOf(raw.retry?.max ?? "1m"),
      maxAge: durationOf(raw.max_age ?? "1d"),
    },
    tls: outboundTls(raw.tls_config, [...path, "tls_config"], context),
    ...(signing === undefined ? {} : { signing }),
  };
}

/** The address is a secret, so what is wrong with it is not quoted. */
export function checkUrl(text: string, path: Path, { report }: BuildContext): void {
  const protocol = URL.canParse(text) ? new URL(text).protocol : undefined;
  if (protocol === "http:" || protocol === "https:") return;
  report.problem({ path, got: "something else", want: "a URL with http:// or https://" });
}

function signingOf(
  raw: NonNullable<RawRelay["signing"]>,
  path: Path,
  { report, resolvePath }: BuildContext,
): NonNullable<Relay["signing"]> {
  const key = secretFile(resolvePath(raw.key_file), [...path, "key_file"], report);
  if (raw.previous_key_file === undefined) return { key };
  const previous = resolvePath(raw.previous_key_file);
  return { key, previousKey: secretFile(previous, [...path, "previous_key_file"], report) };
}

function shapeOf({ preset, template }: RawRelay, path: Path, { report }: BuildContext): EventShape {
  if (template === undefined) return { kind: "preset", preset: preset ?? "machine" };
  if (preset !== undefined) {
    report.problem({ path: [...path, "template"], got: "a preset besides", want: "only one of the two" });
  }
  mapTexts(template, (text) => {
    for (const name of placeholdersIn(text)) {
      if (isField(name)) continue;
      const want = `{{ labels.NAME }}, {{ annotations.NAME }} or one of ${EVENT_FIELDS.join(", ")}`;
      report.problem({ path: [...path, "template"], got: `{{ ${name} }}`, want });
    }
    return text;
  });
  return { kind: "template", template };
}

const isField = (name: string): boolean =>
  /^(?:labels|annotations)\.[A-Za-z_][A-Za-z0-9_.]*$/.test(name) ||
  EVENT_FIELDS.some((field) => field === name);
