import type { IncomingMessage, ServerResponse } from "node:http";
import { request as expressRequest } from "express";
import { createBoundedCache } from "../core/bounded-cache.ts";
import { type ExpositionFormat, TEXT_FORMAT } from "../core/exposition-format.ts";

/** Content codings of responses. Where a client likes several equally, its own order decides. */
const ENCODINGS = ["gzip", "zstd", "identity"] as const;
/** A content coding. */
export type Encoding = (typeof ENCODINGS)[number];

/** The codings that a client accepts. */
export interface AcceptedEncodings {
  /** The one that it likes best. */
  readonly preferred: Encoding;
  /** False if it refuses a response without a coding. */
  readonly identity: boolean;
}

/** Most headers that are remembered. Scrapers send the same one each time. */
const MOST_HEADERS = 100;

const UNCODED: AcceptedEncodings = { preferred: "identity", identity: true };

const knownEncodings = createBoundedCache<AcceptedEncodings | undefined>(MOST_HEADERS);

/** Returns the codings that a request accepts, by RFC 9110, section 12.5.3; `undefined` if none of the exporter's. */
export function acceptedEncodings({ headers }: IncomingMessage): AcceptedEncodings | undefined {
  const header = headers["accept-encoding"];
  if (header === undefined) return UNCODED;
  return knownEncodings.get(header, () => {
    // Express reads nothing but the headers of a request for this, so that it need not have handled it.
    const request = Object.create(expressRequest, { headers: { value: headers } }) as typeof expressRequest;
    const preferred = request.acceptsEncodings(...ENCODINGS);
    if (preferred === false) return undefined;
    return { preferred: preferred as Encoding, identity: request.acceptsEncodings("identity") !== false };
  });
}

/** Content types by format. */
const CONTENT_TYPES: Readonly<Record<ExpositionFormat["kind"], string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** Sets the content type of a format, and the headers on which the response depends. */
export function setFormat(res: ServerResponse, { kind }: ExpositionFormat): void {
  res.setHeader("Content-Type", CONTENT_TYPES[kind]);
  res.setHeader("Vary", "Accept, Accept-Encoding");
}

/** A media range of an `Accept` header. */
interface MediaRange {
  readonly type: string;
  readonly version: string | undefined;
  readonly quality: number;
}

type FormatKind = ExpositionFormat["kind"];

const knownFormats = createBoundedCache<FormatKind>(MOST_HEADERS);

/**
 * Returns the format that a request prefers, as Prometheus' own exporters choose it: OpenMetrics 1.0 if it is asked for before
 * the text format, else the text format. No request is refused.
 * @param created whether OpenMetrics should tell when counters began
 */
export function chooseFormat({ headers }: IncomingMessage, created = false): ExpositionFormat {
  const { accept = "" } = headers;
  const kind = knownFormats.get(accept, () => preferredFormat(accept));
  return kind === "openmetrics" ? { kind, created } : TEXT_FORMAT;
}

function preferredFormat(accept: string): FormatKind {
  const ranges = accept.split(",").map(parseRange);
  const liked = ranges.filter(({ quality }) => quality > 0).toSorted((a, b) => b.quality - a.quality);
  for (const { type, version } of liked) {
    if (type === "application/openmetrics-text" && (version === undefined || version === "1.0.0"))
      return "openmetrics";
    if (type === "text/plain" && (version === undefined || version === "0.0.4")) return "text";
  }
  return "text";
}

function parseRange(range: string): MediaRange {
  const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
  const values = new Map(parameters.map((parameter) => splitAt(parameter, parameter.indexOf("="))));
  const quality = Number(values.get("q") ?? 1);
  return { type, version: values.get("version"), quality: Number.isNaN(quality) ? 0 : quality };
}

/** Splits a parameter into its name and its value without quotes. */
const splitAt = (parameter: string, at: number): readonly [string, string] => [
  parameter.slice(0, at).trim(),
  parameter
    .slice(at + 1)
    .trim()
    .replace(/^"(.*)"$/, "$1"),
];
