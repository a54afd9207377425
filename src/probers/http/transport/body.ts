import { constants } from "node:http2";
import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflateRaw } from "node:zlib";
import { describeError } from "../../errors.ts";
import { type Failure, failure, type Guard } from "./steps.ts";

/** How a body is decompressed. */
export type Compression = "gzip" | "br" | "deflate";

/** What to do with a body. */
export interface BodyPlan {
  /** Whether rules want to see it; otherwise it is only counted. */
  readonly keep: boolean;
  /** Bytes after decompression that are too many; 0 is no limit. */
  readonly limit: number;
  readonly compression: Compression | undefined;
}

/** A body that was read, be it not to its end. */
export interface ResponseBody {
  /** Bytes after decompression. */
  readonly length: number;
  /** Empty unless it was kept. */
  readonly content: Buffer;
  /** Why it is not whole. */
  readonly failure: Failure | undefined;
}

/** Of a response whose body is not looked at. */
export const NO_BODY: ResponseBody = { length: 0, content: Buffer.alloc(0), failure: undefined };

/** Rules see whole bodies, which are in memory then; without a limit in the configuration this one protects the exporter. */
const MOST_KEPT = 64 * 1024 * 1024;

const DECOMPRESSORS = { gzip: createGunzip, br: createBrotliDecompress, deflate: createInflateRaw };

/** A stream of HTTP/2 ends quietly when its connection is lost; only its code tells. */
const wasCut = (source: Readable): boolean =>
  "rstCode" in source && source.rstCode !== constants.NGHTTP2_NO_ERROR;

/** Reads a response's body to its end. */
export function readBody(
  source: Readable,
  { keep, limit, compression }: BodyPlan,
  guard: Guard,
): Promise<ResponseBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (why: Failure | undefined): void => {
      resolve({
        length,
        content: chunks.length === 0 ? NO_BODY.content : Buffer.concat(chunks),
        failure: why,
      });
    };
    const most = limit > 0 ? limit : keep ? MOST_KEPT : Number.POSITIVE_INFINITY;
    const reader = compression === undefined ? source : source.pipe(DECOMPRESSORS[compression]());

    guard.cut = () => {
      source.destroy();
      finish(failure("timeout", `the body was not complete before the deadline, after ${length} bytes`));
    };
    if (guard.signal.aborted) guard.cut();
    reader.on("data", (chunk: Buffer) => {
      const room = most - length;
      length += Math.min(chunk.length, room);
      if (keep) chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
      if (chunk.length <= room) return;
      source.destroy();
      finish(failure("too_large", `the body is longer than ${most} bytes`));
    });
    reader.once("end", () =>
      finish(
        wasCut(source)
          ? failure("network", `the connection was lost after ${length} bytes of the body`)
          : undefined,
      ),
    );
    source.on("error", (error) =>
      finish(
        failure(
          "network",
          `the connection was lost after ${length} bytes of the body: ${describeError(error)}`,
        ),
      ),
    );
    if (compression !== undefined) {
      reader.on("error", (error) =>
        finish(failure("malformed", `the body is not ${compression}: ${describeError(error)}`)),
      );
    }
  });
}

/**
 * Whether a response in `encoding` is among what `acceptEncoding` asks for (RFC 9110, 12.5.3), with any weight but 0.
 * The rule of blackbox_exporter: of the entries that name the encoding or `*`, the one with the highest weight counts.
 */
export function acceptsEncoding(acceptEncoding: string, encoding: string): boolean {
  if (acceptEncoding === "") return true;
  const weights = acceptEncoding.split(",").flatMap((part) => {
    const [name = "", parameter] = part.split(/;(?=[^;]*$)/);
    const fits = name.trim() === encoding || name.trim() === "*";
    return fits ? [parameter === undefined ? 1 : weightOf(parameter)] : [];
  });
  return Math.max(0, ...weights) > 0;
}

/** Weights have three decimals; what is none counts as 0. */
function weightOf(parameter: string): number {
  const weight = Number(parameter.trim().replace(/^q=/, "") || Number.NaN);
  return Number.isFinite(weight) ? Math.round(weight * 1000) / 1000 : 0;
}
