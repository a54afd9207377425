import { constants } from "node:http2";
import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflateRaw } from "node:zlib";
import { describeError } from "../../errors.ts";
import { NO_ROOM, responseMemory } from "../../response-memory.ts";
import { type Failure, failure, type Guard } from "./steps.ts";

/** A compression of bodies. */
export type Compression = "gzip" | "br" | "deflate";

/** How to read a body. */
export interface BodyPlan {
  /** True if its content is needed; otherwise only its length is counted. */
  readonly keep: boolean;
  /**
   * Longest body accepted, in bytes after decompression; 0 is no limit. Without it, that of a body that is kept is
   * `LONGEST_KEPT`. One that is kept is never longer than the memory for all of them.
   */
  readonly limit: number | undefined;
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
  /** Gives the memory of the content back. To be called when it has been judged. */
  release(): void;
}

/** The body of a response that has none, or whose body is not read. */
export const NO_BODY: ResponseBody = {
  length: 0,
  content: Buffer.alloc(0),
  failure: undefined,
  release() {},
};

/** Longest body kept in memory without `body_size_limit`, in bytes. */
const LONGEST_KEPT = 10 * 2 ** 20;

/** Returns true for the name of a compression. */
export const isCompression = (name: string): name is Compression => Object.hasOwn(DECOMPRESSORS, name);

const DECOMPRESSORS = { gzip: createGunzip, br: createBrotliDecompress, deflate: createInflateRaw };

/** Returns true if an HTTP/2 stream lost its connection, which it does not report as an error. */
const wasCut = (source: Readable): boolean =>
  "rstCode" in source && source.rstCode !== constants.NGHTTP2_NO_ERROR;

/** The longest body that is accepted, and the option that says so. */
function longest({ keep, limit }: BodyPlan): { readonly most: number; readonly why: string } {
  const own = limit ?? (keep ? LONGEST_KEPT : 0);
  const most = own > 0 ? own : Number.POSITIVE_INFINITY;
  if (keep && most > responseMemory.total())
    return { most: responseMemory.total(), why: ", the size of limits.response_memory" };
  return {
    most,
    why: limit === undefined ? ", the default of body_size_limit for bodies that rules read" : "",
  };
}

/**
 * Reads the body of a response. One that is kept takes its bytes from the memory for answers, and is read no further while there
 * is no room.
 */
export function readBody(source: Readable, plan: BodyPlan, guard: Guard): Promise<ResponseBody> {
  const { keep, compression } = plan;
  const { most, why } = longest(plan);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const share = responseMemory.open(most);
    let length = 0;
    let isWaiting = false;
    let isOver = false;
    const reader = compression === undefined ? source : source.pipe(DECOMPRESSORS[compression]());
    const finish = (cause: Failure | undefined): void => {
      if (isOver) return;
      isOver = true;
      // A body that is cut off fails all rules, so that its beginning is not needed.
      const content = cause === undefined && chunks.length > 0 ? Buffer.concat(chunks) : NO_BODY.content;
      chunks.length = 0;
      if (cause !== undefined) share.release();
      resolve({ length, content, failure: cause, release: () => share.release() });
    };
    const readOn = async (wait: Promise<void>): Promise<void> => {
      await wait;
      isWaiting = false;
      reader.resume();
    };
    const stop = (cause: Failure): void => {
      // A decompressor would go on with what it has been given.
      reader.destroy();
      source.destroy();
      finish(cause);
    };

    guard.cut = () =>
      stop(
        isWaiting
          ? failure("queue_timeout", NO_ROOM)
          : failure("timeout", `the body was not complete before the deadline, after ${length} bytes`),
      );
    reader.on("data", (chunk: Buffer) => {
      if (isOver) return;
      const room = most - length;
      length += Math.min(chunk.length, room);
      if (chunk.length > room)
        return stop(failure("too_large", `the body is longer than ${most} bytes${why}`));
      if (!keep) return;
      chunks.push(chunk);
      const wait = share.grow(chunk.length);
      if (wait === undefined) return;
      isWaiting = true;
      reader.pause();
      void readOn(wait);
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
    if (guard.signal.aborted) guard.cut();
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
