import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileSecret, reasonOf, type SecretProblem } from "../../src/config/document/secrets.ts";

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
  ["one newline", "hush\n", "hush"],
  ["a newline of Windows", "hush\r\n", "hush"],
  ["spaces belong to it", " hush \n", " hush "],
  ["lines in between too", "a\nb\n", "a\nb"],
])("%s", async (_, content, expected) => {
  writeFileSync(file, content);
  const { secret, problems } = open();
  expect(problems).toEqual([]);
  expect(await secret.reveal()).toBe(expected);
});

describe("a change is noticed", () => {
  beforeEach(() => writeFileSync(file, "one"));

  test("written over, with the same length", async () => {
    const { secret } = open();
    writeFileSync(file, "two");
    expect(await secret.reveal()).toBe("two");
  });

  test("replaced by another file", async () => {
    const { secret } = open();
    writeFileSync(join(folder, "new"), "two");
    renameSync(join(folder, "new"), file);
    expect(await secret.reveal()).toBe("two");
  });

  test.each([
    ["gone", () => rmSync(file)],
    ["empty", () => writeFileSync(file, "\n")],
    ["too large", () => writeFileSync(file, "x".repeat(70_000))],
  ])("while it is %s the last value serves, and the next good one after it", async (_, spoil) => {
    const { secret } = open();
    spoil();
    expect(await secret.reveal()).toBe("one");
    writeFileSync(file, "three");
    expect(await secret.reveal()).toBe("three");
  });
});

describe("what is no secret is a problem at once, and the secret rejects", () => {
  const WANT = "a readable file with a secret, at most 64 KiB";
  test.each([
    ["nothing there", () => undefined, "no such file"],
    ["empty", () => writeFileSync(file, ""), "an empty file"],
    ["only a newline", () => writeFileSync(file, "\n"), "an empty file"],
    ["too large", () => writeFileSync(file, "x".repeat(65_537)), "65537 bytes"],
  ])("%s", async (_, prepare, got) => {
    prepare();
    const { secret, problems } = open();
    expect(problems).toEqual([{ got, want: WANT }]);
    await expect(secret.reveal()).rejects.toThrow("no secret in");
  });

  test("a file where a folder should be", () => {
    writeFileSync(file, "x");
    expect(open(join(file, "key")).problems).toEqual([{ got: "no such file", want: WANT }]);
  });

  test("a folder", () => {
    expect(open(folder).problems).toEqual([{ got: "a directory", want: WANT }]);
  });

  test("a device, which could be read forever", () => {
    expect(open("/dev/zero").problems).toEqual([{ got: "no regular file", want: WANT }]);
  });

  test("the code of the system in words", () => {
    const error = Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
    expect(reasonOf(error)).toBe("a file that may not be read");
  });
});
