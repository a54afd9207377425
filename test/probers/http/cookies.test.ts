import { expect, test } from "vitest";
import { newCookieJar } from "../../../src/probers/http/cookies.ts";
import { parseAddress } from "../../../src/probers/http-address.ts";
import { serveHttp } from "../../helpers/http-targets.ts";
import { probe, verdictOf } from "./probe.ts";

const at = (text: string) => {
  const address = parseAddress(text);
  if (typeof address === "string") throw new Error(address);
  return address;
};

test.each([
  ["http://a.example/x/y", "c=1", "http://a.example/x/z", "c=1"],
  ["http://a.example/x/y", "c=1", "http://a.example/", undefined],
  ["http://a.example/x/y", "c=1; Path=/", "http://a.example/other?q", "c=1"],
  ["http://a.example/", "c=1; Path=/x", "http://a.example/xy", undefined],
  ["http://a.example/", "c=1; path=/x", "http://a.example/x/y", "c=1"],
  ["http://a.example/", "c=1", "http://b.example/", undefined],
  ["http://a.example/", "c=1", "http://x.a.example/", undefined],
  ["http://x.a.example/", "c=1; Domain=.a.example", "http://y.A.example/", "c=1"],
  ["http://x.a.example/", "c=1; Domain=b.example", "http://x.a.example/", undefined],
  ["http://a.example/", "c=1; Domain=example", "http://a.example/", undefined],
  ["http://10.0.0.1/", "c=1; Domain=0.0.1", "http://10.0.0.1/", undefined],
  ["https://a.example/", "c=1; Secure", "http://a.example/", undefined],
  ["https://a.example/", "c=1; Secure", "https://a.example/", "c=1"],
  ["http://a.example/", "c=1; Max-Age=0", "http://a.example/", undefined],
  ["http://a.example/", "c=1; Max-Age=10", "http://a.example/", "c=1"],
  ["http://a.example/", "c=1; Expires=Mon, 02-Jan-2006 15:04:05 GMT", "http://a.example/", undefined],
  ["http://a.example/", "c=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT", "http://a.example/", "c=1"],
  ["http://a.example/", ' c = "1=2" ; HttpOnly', "http://a.example/", 'c="1=2"'],
  ["http://a.example/", "no cookie", "http://a.example/", undefined],
])("from %s: %s, to %s: %s", (from, line, to, header) => {
  const jar = newCookieJar();
  jar.store(at(from), ["Set-Cookie", line], 1_757_943_000);
  expect(jar.headerFor(at(to), undefined)).toBe(header);
});

test("sends longer paths first, and replaces configured cookies by those that responses set", () => {
  const jar = newCookieJar();
  const lines = ["Set-Cookie", "a=1; Path=/", "Set-Cookie", "b=2; Path=/x", "set-cookie", "d=; Max-Age=0"];
  jar.store(at("http://h/"), lines, 0);
  expect(jar.headerFor(at("http://h/x/"), "a=0; c=3;d=4")).toBe("c=3; b=2; a=1");
  jar.store(at("http://h/"), ["Set-Cookie", "a=5; Path=/"], 0);
  expect(jar.headerFor(at("http://h/"), undefined)).toBe("a=5");
});

test("sends cookies of a redirect, and starts each probe without cookies", async () => {
  const seen: (string | undefined)[] = [];
  await using server = await serveHttp((request, response) => {
    seen.push(request.headers.cookie);
    if (request.headers.cookie?.includes("session=1") === true) response.end("welcome");
    else response.writeHead(302, { Location: "/", "Set-Cookie": "session=1; Path=/" }).end();
  });
  const options = { headers: { Cookie: "fixed=yes" }, fail_if_body_not_matches_regexp: ["welcome"] };
  expect(verdictOf(await probe(server.host, options))).toBe("success");
  expect(verdictOf(await probe(server.host, options))).toBe("success");
  expect(seen).toEqual(["fixed=yes", "fixed=yes; session=1", "fixed=yes", "fixed=yes; session=1"]);
});
