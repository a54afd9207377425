import { expect, test } from "vitest";
import { FILE_REASONS, fileError } from "../../src/core/file-errors.ts";

const failure = (code: string): Error => Object.assign(new Error(`${code}: it failed`), { code });

test.each([
  ["ENOENT", "file_missing", "does not exist"],
  ["ENOTDIR", "file_missing", "does not exist"],
  ["EACCES", "file_unreadable", "permission denied for the exporter's user"],
  ["EPERM", "file_unreadable", "permission denied for the exporter's user"],
  ["EISDIR", "file_unreadable", "is a folder"],
  ["ELOOP", "file_unreadable", "too many symbolic links"],
  ["ESTALE", "file_unreadable", "the file server no longer knows the open file (ESTALE)"],
  ["EIO", "file_unreadable", "its file system failed (EIO)"],
  ["EUNKNOWN", "file_unreadable", "cannot be read: EUNKNOWN"],
  ["EMFILE", "internal", "the exporter has no file descriptor left (EMFILE); raise its limit of open files"],
  ["ENFILE", "internal", "the machine has no file descriptor left (ENFILE)"],
])("%s is %s", (code, reason, text) => {
  expect(fileError(failure(code))).toEqual({ reason, text });
  expect(fileError(new Error("no secret", { cause: failure(code) }))).toEqual({ reason, text });
  expect(FILE_REASONS).toContain(reason);
});

test("an error without a code is explained", () => {
  expect(fileError(new Error("no"))).toEqual({
    reason: "file_unreadable",
    text: "cannot be read: unknown error",
  });
});
