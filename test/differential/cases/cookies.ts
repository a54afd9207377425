import { script, text, to } from "../answers.ts";
import type { Case, Place } from "../case.ts";

const on = ({ path }: Place): string => `${path}/1`;
const further = ({ path }: Place): string => `${path}/2`;

/** Makes a case whose first response sets cookies, and whose second request may send them. */
const sets = (name: string, cookies: string[], more: Partial<Case> = {}): Case => ({
  name,
  verdict: "success",
  answer: script(to(on, 302, { "Set-Cookie": cookies }), text("there")),
  ...more,
});

/** Cookies that redirects set. */
export const cookies: readonly Case[] = [
  sets("a cookie", ["a=b"]),
  sets("several cookies", ["b=1; Path=/", "a=2; Path=/", 'c="quoted"']),
  sets("a cookie without a value", ["a=", "b"]),
  sets("a cookie of another path", ["a=b; Path=/other"]),
  sets("cookies of a longer path first", ["short=1; Path=/", "long=1"]),
  sets("a cookie that has expired", [
    "a=b; Expires=Mon, 02 Jan 2006 15:04:05 GMT",
    "c=d; Max-Age=0",
    "e=f; Max-Age=-1",
  ]),
  sets("a cookie that will expire", ["a=b; Expires=Wed, 02 Jan 2999 15:04:05 GMT", "c=d; Max-Age=100"]),
  sets("a cookie of another domain", ["a=b; Domain=example.com"]),
  sets("a cookie of the address as its domain", ["a=b; Domain=127.0.0.1"]),
  sets("a cookie of the name as its domain", ["a=b; Domain=localhost"], { host: "localhost" }),
  sets("a cookie whose value has spaces and commas", ["a=b c,d", "e=f; HttpOnly; SameSite=Strict"]),
  sets("a cookie with unusual characters", ["a=b\\\\c", 'd="e', 'f=g"h', 'i="j k"', "l=m=n", "ok=1"]),
  sets("a cookie with a bad name", ["a b=c", "=d", "ok=1"]),
  sets("a Secure cookie over plain HTTP", ["a=b; Secure"], {
    differs: { "secure-cookies": ["request 2: - header Cookie"] },
  }),
  sets("a Secure cookie over TLS", ["a=b; Secure"], {
    at: "https",
    http: ({ file }) => `{ tls_config: { ca_file: ${file("root.pem")} } }`,
  }),
  sets("a cookie beside that of the module", ["a=b"], { http: "{ headers: { Cookie: c=d } }" }),
  sets("a cookie in place of that of the module", ["a=new"], {
    http: "{ headers: { Cookie: 'a=old; c=d' } }",
  }),
  {
    name: "a cookie that is removed",
    verdict: "success",
    answer: script(
      to(on, 302, { "Set-Cookie": ["a=b", "c=d"] }),
      to(further, 302, { "Set-Cookie": ["a=; Max-Age=0"] }),
      text("there"),
    ),
  },
  {
    name: "a cookie that is replaced",
    verdict: "success",
    answer: script(
      to(on, 302, { "Set-Cookie": ["a=1", "b=2"] }),
      to(further, 302, { "Set-Cookie": ["a=3"] }),
      text("there"),
    ),
  },
  {
    name: "a cookie on another port",
    verdict: "success",
    answer: script(to(({ url }) => `${url("raw")}/1`, 302, { "Set-Cookie": ["a=b; Path=/"] })),
    raw: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
  },
  {
    name: "a cookie on another host",
    verdict: "success",
    answer: script(
      to(({ url }) => `${url("http", "localhost")}/1`, 302, { "Set-Cookie": ["a=b; Path=/"] }),
      text("there"),
    ),
  },
];
