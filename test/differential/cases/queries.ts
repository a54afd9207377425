import { thenSilence } from "../answers.ts";
import type { Case } from "../case.ts";

const query = (entries: readonly (readonly [string, string])[]): string =>
  `/probe?${new URLSearchParams(entries.map(([name, value]): [string, string] => [name, value])).toString()}`;

/** Requests to the exporter. */
export const queries: readonly Case[] = [
  {
    name: "query: an unknown module",
    verdict: 400,
    parameters: () => ({ module: "unknown" }),
    differs: { texts: ["text"] },
  },
  {
    name: "query: no target",
    verdict: 400,
    parameters: () => ({ target: undefined }),
    differs: { texts: ["text"] },
  },
  {
    name: "query: an empty target",
    verdict: 400,
    parameters: () => ({ target: "" }),
    differs: { texts: ["text"] },
  },
  {
    name: "query: no module",
    verdict: 400,
    parameters: () => ({ module: undefined }),
    differs: { texts: ["text"] },
  },
  {
    name: "query: an invalid timeout",
    verdict: 500,
    headers: { "X-Prometheus-Scrape-Timeout-Seconds": "soon" },
    differs: { texts: ["text"] },
  },
  {
    name: "query: an invalid timeout for an unknown module",
    verdict: 400,
    headers: { "X-Prometheus-Scrape-Timeout-Seconds": "soon" },
    parameters: () => ({ module: "unknown" }),
    differs: { texts: ["text"] },
  },
  {
    name: "query: an invalid timeout and no target",
    verdict: 500,
    headers: { "X-Prometheus-Scrape-Timeout-Seconds": "soon" },
    parameters: () => ({ target: undefined }),
    differs: { texts: ["text"] },
  },
  {
    name: "query: a hostname that conflicts",
    verdict: 400,
    http: "{ headers: { host: a.example } }",
    parameters: () => ({ hostname: "b.example" }),
    differs: { texts: ["text"] },
  },
  {
    name: "query: a hostname that conflicts and no target",
    verdict: 400,
    http: "{ headers: { host: a.example } }",
    parameters: () => ({ hostname: "b.example", target: undefined }),
    differs: { texts: ["text"] },
  },
  {
    name: "query: the first of two targets",
    verdict: "success",
    ask: ({ url, path }) =>
      query([
        ["module", path.slice(1)],
        ["target", url("http")],
        ["target", "http://nowhere.invalid/"],
      ]),
  },
  {
    name: "query: the first of two modules",
    verdict: "success",
    ask: ({ url, path }) =>
      query([
        ["module", path.slice(1)],
        ["module", "unknown"],
        ["target", url("http")],
      ]),
  },
  {
    name: "query: an unknown parameter",
    verdict: "success",
    parameters: () => ({ colour: "blue" }),
  },
  {
    name: "query: a timeout of the scrape",
    verdict: "success",
    headers: { "X-Prometheus-Scrape-Timeout-Seconds": "10" },
  },
  {
    name: "query: a timeout below the offset",
    verdict: "success",
    headers: { "X-Prometheus-Scrape-Timeout-Seconds": "0.2" },
  },
  ...(
    [
      ["0", "8s", "success"],
      ["-0", "0s", "success"],
      ["", "0s", "success"],
      ["1e1", "8s", "success"],
      ["+.6", "0s", "success"],
      ["0.2", "0s", "failure"],
      ["0.2", "-1s", "failure"],
      ["0.5", "8s", "failure"],
      ["-5", "8s", "success"],
      ["-5", "0s", "failure"],
    ] as const
  ).map(
    ([header, timeout, verdict]): Case => ({
      name: `query: a timeout of the scrape of ${JSON.stringify(header)} and ${timeout} of the module`,
      verdict,
      timeout,
      headers: { "X-Prometheus-Scrape-Timeout-Seconds": header },
    }),
  ),
  ...(
    [
      ["NaN", "failure", 0],
      ["-Inf", "success", 1],
      ["0x1p4", "success", 1],
      ["1_0", "success", 1],
    ] as const
  ).map(
    ([header, verdict, requests]): Case => ({
      name: `query: a timeout of the scrape of ${header}`,
      verdict,
      headers: { "X-Prometheus-Scrape-Timeout-Seconds": header },
      differs: {
        "odd-timeouts": [
          "status: 200 -> 500",
          "text",
          ...(requests === 0 ? [] : [`requests: ${requests} -> 0`]),
        ],
      },
    }),
  ),
  {
    name: "query: a module with HTTP/3",
    verdict: "failure",
    at: "https",
    timeout: "1s",
    http: "{ enable_http2: false, enable_http3: true }",
    differs: { http3: ["status: 200 -> 400", "text"] },
  },
  {
    name: "query: a module with a proxy of SOCKS",
    verdict: "failure",
    http: ({ port }) => `{ proxy_url: "socks5://127.0.0.1:${port("closed")}" }`,
    differs: { "proxy-schemes": ["status: 200 -> 400", "text"] },
  },
  {
    name: "query: an empty module",
    verdict: 400,
    parameters: () => ({ module: "" }),
    differs: { texts: ["text"] },
  },
  {
    name: "query: an empty hostname beside a Host header",
    verdict: "success",
    http: "{ headers: { host: a.example } }",
    parameters: () => ({ hostname: "" }),
  },
  ...["1h1.5m", "+2s", "2500.5ms", "2s500000us"].map(
    (timeout): Case => ({
      name: `query: a module with a timeout of ${timeout}`,
      verdict: "success",
      timeout,
    }),
  ),
  {
    name: "query: a module with a timeout of 1.2s that passes",
    verdict: "failure",
    slow: true,
    timeout: "1.2s",
    at: "raw",
    raw: thenSilence(""),
  },
  { name: "query: health", verdict: 200, ask: () => "/-/healthy", differs: { texts: ["text"] } },
  {
    name: "query: an unknown path",
    verdict: 200,
    ask: () => "/nothing/here",
    differs: { "unknown-paths": ["status: 200 -> 404", "text"] },
  },
];
