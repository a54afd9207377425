import { constants } from "node:http2";
import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflateRaw } from "node:zlib";
import { describeError } from "../../errors.ts";
import { type Failure, failure, type Guard } from "./steps.ts";

/** A compression of bodies. */
export type Compression = "gzip" | "br" | "deflate";

/** How to read a body. */
export interface BodyPlan {
  /** True if its content is needed; otherwise only its length is counted. */
  readonly keep: boolean;
  /** Longest body accepted, in bytes after decompression; 0 is no limit. */
  readonly limit: number;
  readonly compression: Compression | undefined;
}

/** A body, or the part of it that was read. */
export interface ResponseBody {
  /** Bytes after decompression. */
  readonly length: number;
  /** Empty if it was only counted. */
  readonly content: Buffer;
  /** Set if it is incomplete. */
  readonly failure: Failure | undefined;
}

/** The body of a response that has none, or whose body is not read. */
export const NO_BODY: ResponseBody = { length: 0, content: Buffer.alloc(0), failure: undefined };

/** Longest body kept in memory without `body_size_limit`, in bytes. */
const LONGEST_KEPT = 64 * 1024 * 1024;

/** Returns true for the name of a compression. */
export const isCompression = (name: string): name is Compression => Object.hasOwn(DECOMPRESSORS, name);

const DECOMPRESSORS = { gzip: createGunzip, br: createBrotliDecompress, deflate: createInflateRaw };

/** Returns true if an HTTP/2 stream lost its connection, which it does not report as an error. */
const wasCut = (source: Readable): boolean =>
  "rstCode" in source && source.rstCode !== constants.NGHTTP2_NO_ERROR;

/** Reads the body of a response. */
export function readBody(
  source: Readable,
  { keep, limit, compression }: BodyPlan,
  guard: Guard,
): Promise<ResponseBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (cause: Failure | undefined): void => {
      resolve({
        length,
        content: chunks.length === 0 ? NO_BODY.content : Buffer.concat(chunks),
        failure: cause,
      });
    };
    const most = limit > 0 ? limit : keep ? LONGEST_KEPT : Number.POSITIVE_INFINITY;
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
 * Returns true if the header value `acceptEncoding` accepts `encoding` (RFC 9110, 12.5.3). As in blackbox_exporter, the highest
 * weight of the entries for the encoding or `*` has to be above 0.
 */
export function acceptsEncoding(acceptEncoding: string, encoding: string): boolean {
  if (acceptEncoding === "") return true;
  const weights = acceptEncoding.split(",").flatMap((part) => {
    const [name = "", parameter] = part.split(/;(?=[^;]*$)/);
    const isNamed = name.trim() === encoding || name.trim() === "*";
    return isNamed ? [parameter === undefined ? 1 : weightOf(parameter)] : [];
  });
  return Math.max(0, ...weights) > 0;
}

/** Parses a weight, with three decimals. An invalid one is 0. */
function weightOf(parameter: string): number {
  const weight = Number(parameter.trim().replace(/^q=/, "") || Number.NaN);
  return Number.isFinite(weight) ? Math.round(weight * 1000) / 1000 : 0;
}
