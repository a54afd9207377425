import { expect, test } from "vitest";
import { secretsIn } from "../../../src/notify/delivery/request-secrets.ts";

const secretsOf = (url: string, headers: Readonly<Record<string, string>> = {}): readonly string[] =>
  secretsIn({ url, headers });

test.each([
  [
    "the address",
    "https://hooks.example/services/T0/abcd?key=k3yk3y",
    "https://hooks.example/services/T0/abcd?key=k3yk3y",
  ],
  ["its path and query", "https://hooks.example/services/abcd?key=k3yk3y", "/services/abcd?key=k3yk3y"],
  ["a part of its path", "https://hooks.example/services/abcd", "abcd"],
  ["a value of its query", "https://hooks.example/?key=k3yk3y", "k3yk3y"],
  ["a user", "https://user1:pass1@hooks.example/", "user1"],
  ["a password", "https://user1:pass1@hooks.example/", "pass1"],
  ["a part that is encoded, decoded", "https://hooks.example/a%20secret", "a secret"],
  [
    "the address as PHP writes it in JSON",
    "https://hooks.example/abcd",
    String.raw`https:\/\/hooks.example\/abcd`,
  ],
  ["the address in HTML", "https://hooks.example/?a=1234&b=5678", "https://hooks.example/?a=1234&amp;b=5678"],
  ["an address that is none", "not a url %zz", "not a url %zz"],
])("%s is secret", (_name, url, secret) => {
  expect(secretsOf(url)).toContain(secret);
});

test("values of headers are secret, with and without their scheme, but not those that every request has", () => {
  const found = secretsOf("http://a/", {
    Authorization: "Bearer t0ken",
    "X-Signature": 't=1234,v1="quoted"',
    "User-Agent": "heartbeat-exporter/1.0",
    "content-type": "application/json",
    "Webhook-Id": "message-1",
  });
  expect(found).toEqual(
    expect.arrayContaining(["Bearer t0ken", "t0ken", String.raw`t=1234,v1=\"quoted\"`, '"quoted"']),
  );
  for (const shown of ["heartbeat-exporter/1.0", "application/json", "message-1"])
    expect(found).not.toContain(shown);
});

test("texts of less than four letters are no secrets, and longer ones come first", () => {
  const found = secretsOf("http://a/abc/abcd?x=1");
  expect(found).not.toContain("abc");
  expect(found).toContain("abcd");
  const lengths = found.map(({ length }) => length);
  expect(lengths).toEqual(lengths.toSorted((a, b) => b - a));
  expect(new Set(found).size).toBe(found.length);
});
