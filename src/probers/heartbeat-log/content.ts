import { markedEncoding } from "../../core/decode-text.ts";
import { type LogProblem, problem } from "./problem.ts";

/** The first bytes of compressed files, by the program that reads them. */
const COMPRESSED: readonly (readonly [program: string, bytes: readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["lz4", [0x04, 0x22, 0x4d, 0x18]],
];

/** Bytes from which the content of a log is told. */
export const CONTENT_BYTES = 5;

/** Returns the program that reads a compressed file, from its first bytes. */
export const compressionOf = (bytes: Uint8Array): string | undefined =>
  COMPRESSED.find(([, magic]) => magic.every((byte, i) => bytes[i] === byte))?.[0];

/** Returns the reason why a log with these first bytes cannot be followed, if there is one. */
export function contentProblem(path: string, bytes: Uint8Array): LogProblem | undefined {
  const encoding = markedEncoding(bytes);
  if (encoding === "utf-16le" || encoding === "utf-16be")
    return problem(
      "malformed",
      `${path} is in UTF-16, and only logs in UTF-8 or another superset of ASCII can be followed`,
    );
  const program = compressionOf(bytes);
  return program === undefined
    ? undefined
    : problem(
        "malformed",
        `${path} is compressed with ${program}; the target has to be the log that is written to`,
      );
}
