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
  { name: "query: health", verdict: 200, ask: () => "/-/healthy", differs: { texts: ["text"] } },
  {
    name: "query: an unknown path",
    verdict: 200,
    ask: () => "/nothing/here",
    differs: { "unknown-paths": ["status: 200 -> 404", "text"] },
  },
];
