import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeFileError } from "../../src/config/document/files.ts";
import { fileSecret, type SecretProblem } from "../../src/config/document/secrets.ts";

let folder = "";
let file = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "secret-"));
  file = join(folder, "key");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(path = file) {
  const problems: SecretProblem[] = [];
  return { secret: fileSecret(path, (problem) => problems.push(problem)), problems };
}

test.each([
  ["removes a newline at the end", "hush\n", "hush"],
  ["removes a Windows newline at the end", "hush\r\n", "hush"],
  ["keeps spaces", " hush \n", " hush "],
  ["keeps newlines inside", "a\nb\n", "a\nb"],
  ["removes a byte order mark", "\ufeffhush\n", "hush"],
  ["reads UTF-16 as Windows writes it", Buffer.from("\ufeffhush\r\n", "utf16le"), "hush"],
  ["reads a file of the largest size", "x".repeat(65_536), "x".repeat(65_536)],
  ["reads UTF-16, big endian", Buffer.from("\ufeffhush\r\n", "utf16le").swap16(), "hush"],
])("%s", async (_, content, expected) => {
  writeFileSync(file, content);
  const { secret, problems } = open();
  expect(problems).toEqual([]);
  expect(await secret.reveal()).toBe(expected);
});

describe("a changed file", () => {
  beforeEach(() => writeFileSync(file, "one"));

  test("is read again if it was overwritten with the same length", async () => {
    const { secret } = open();
    writeFileSync(file, "two");
    expect(await secret.reveal()).toBe("two");
  });

  test("is read again if it was replaced", async () => {
    const { secret } = open();
    writeFileSync(join(folder, "new"), "two");
    renameSync(join(folder, "new"), file);
    expect(await secret.reveal()).toBe("two");
  });

  test.each([
    ["missing", () => rmSync(file)],
    ["empty", () => writeFileSync(file, "\n")],
    ["too large", () => writeFileSync(file, "x".repeat(70_000))],
  ])("is not used while it is %s: the last value is, until the next valid one", async (_, spoil) => {
    const { secret } = open();
    spoil();
    expect(await secret.reveal()).toBe("one");
    writeFileSync(file, "three");
    expect(await secret.reveal()).toBe("three");
  });
});

test("a file that is written after the load is used from then on", async () => {
  const { secret, problems } = open();
  expect(problems).toHaveLength(1);
  await expect(secret.reveal()).rejects.toThrow(`no secret in ${file}: no such file`);
  writeFileSync(file, "");
  await expect(secret.reveal()).rejects.toThrow(`no secret in ${file}: an empty file`);
  writeFileSync(file, "x".repeat(65_537));
  await expect(secret.reveal()).rejects.toThrow(`no secret in ${file}: 65537 bytes`);
  rmSync(file);
  mkdirSync(file);
  await expect(secret.reveal()).rejects.toThrow(`no secret in ${file}: a directory`);
  rmSync(file, { recursive: true });
  writeFileSync(file, "late");
  expect(await secret.reveal()).toBe("late");
  rmSync(file);
  expect(await secret.reveal()).toBe("late");
});

describe("a file that is not a secret is reported, and the secret rejects", () => {
  const WANT = "a readable file with a secret, at most 64 KiB";
  test.each([
    ["a missing file", () => undefined, "no such file"],
    ["an empty file", () => writeFileSync(file, ""), "an empty file"],
    ["a file with only a newline", () => writeFileSync(file, "\n"), "an empty file"],
    ["a file that is too large", () => writeFileSync(file, "x".repeat(65_537)), "65537 bytes"],
  ])("%s", async (_, prepare, got) => {
    prepare();
    const { secret, problems } = open();
    expect(problems).toEqual([{ got, want: WANT }]);
    await expect(secret.reveal()).rejects.toThrow("no secret in");
  });

  test("a path below a file", () => {
    writeFileSync(file, "x");
    expect(open(join(file, "key")).problems).toEqual([{ got: "no such file", want: WANT }]);
  });

  test("a folder", () => {
    expect(open(folder).problems).toEqual([{ got: "a directory", want: WANT }]);
  });

  test("a device, which has no end", () => {
    expect(open("/dev/zero").problems).toEqual([{ got: "a special file", want: WANT }]);
  });

  test("a file error is described in words", () => {
    const error = Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
    expect(describeFileError(error)).toBe("permission denied");
  });
});
