import type { Stats } from "node:fs";
import { decodeText } from "../../core/decode-text.ts";
import { Secret } from "../../core/secret.ts";
import { readSmall, statSmall } from "../../files/files.ts";
import { readNow, statNow } from "../../files/now.ts";
import { describeFileError, versionOf } from "./files.ts";

/** Longer than any key or token, in bytes; a larger file is not a secret. */
const LARGEST = 64 * 1024;

/** The reason why a file cannot be used as a secret. */
export interface SecretProblem {
  readonly got: string;
  readonly want: string;
}

/**
 * Returns the secret in `file`, without a byte order mark and the newline at its end. The file is read now, and again each
 * time the secret is revealed after a change. If it cannot be read then (it may be in the middle of being replaced, or its
 * file system hangs), the last value is used. Without one, because the file is not written yet, revealing rejects.
 * @param complain called if the file cannot be used now
 */
export function fileSecret(file: string, complain: (problem: SecretProblem) => void): Secret {
  let last: SecretReading | undefined;
  try {
    const stats = statNow(file);
    checkStats(stats);
    last = { value: valueIn(readNow(file, { most: LARGEST })), version: versionOf(stats) };
  } catch (error) {
    const want = `a readable file with a secret, at most ${LARGEST / 1024} KiB`;
    complain({ got: describeUnusable(error), want });
  }
  return new Secret(async () => {
    try {
      const stats = await statSmall(file);
      const version = versionOf(stats);
      if (version === last?.version) return last.value;
      checkStats(stats);
      // The version was taken before reading, so a change in between is noticed next time.
      last = { value: valueIn(await readSmall(file, LARGEST)), version };
    } catch (error) {
      if (last === undefined) {
        throw new Error(`no secret in ${file}: ${describeUnusable(error)}`, { cause: error });
      }
    }
    return last.value;
  });
}

const describeUnusable = (error: unknown): string =>
  error instanceof UnusableFile ? error.message : describeFileError(error);

/** The content of a file, and the version of the file that it is from. */
interface SecretReading {
  readonly value: string;
  readonly version: string;
}

/** Rejects everything but regular files: reading a device or a pipe could block forever. */
function checkStats(stats: Stats): void {
  if (stats.isDirectory()) throw new UnusableFile("a directory");
  if (!stats.isFile()) throw new UnusableFile("a special file");
  if (stats.size > LARGEST) throw new UnusableFile(`${stats.size} bytes`);
}

function valueIn(content: Buffer): string {
  const value = decodeText(content).replace(/(?:\r?\n)+$/, "");
  if (value === "") throw new UnusableFile("an empty file");
  return value;
}

/** The file can be read but is not a secret; the message is the `got` of the problem. */
class UnusableFile extends Error {
  override readonly name = "UnusableFile";
}
