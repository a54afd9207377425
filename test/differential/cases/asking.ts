import type { Case } from "../case.ts";

const query = (entries: readonly (readonly [string, string])[]): string =>
  `/probe?${new URLSearchParams(entries.map(([name, value]): [string, string] => [name, value])).toString()}`;

/** Requests to the exporter itself. */
export const asking: readonly Case[] = [
  {
    name: "asking: an unknown module",
    verdict: 400,
    parameters: () => ({ module: "nobody" }),
    differs: { texts: ["text"] },
  },
  {
    name: "asking: no target",
    verdict: 400,
    parameters: () => ({ target: undefined }),
    differs: { texts: ["text"] },
  },
  {
    name: "asking: an empty target",
    verdict: 400,
    parameters: () => ({ target: "" }),
    differs: { texts: ["text"] },
  },
  {
    name: "asking: no module",
    verdict: 400,
    parameters: () => ({ module: undefined }),
    differs: { texts: ["text"] },
  },
  {
    name: "asking: a timeout that is none",
    verdict: 500,
    headers: { "X-Prometheus-Scrape-Timeout-Seconds": "soon" },
    differs: { texts: ["text"] },
  },
  {
    name: "asking: a timeout that is none for an unknown module",
    verdict: 400,
    headers: { "X-Prometheus-Scrape-Timeout-Seconds": "soon" },
    parameters: () => ({ module: "nobody" }),
    differs: { texts: ["text"] },
  },
  {
    name: "asking: a timeout that is none and no target",
    verdict: 500,
    headers: { "X-Prometheus-Scrape-Timeout-Seconds": "soon" },
    parameters: () => ({ target: undefined }),
    differs: { texts: ["text"] },
  },
  {
    name: "asking: a hostname that conflicts",
    verdict: 400,
    http: "{ headers: { host: a.example } }",
    parameters: () => ({ hostname: "b.example" }),
    differs: { texts: ["text"] },
  },
  {
    name: "asking: a hostname that conflicts and no target",
    verdict: 400,
    http: "{ headers: { host: a.example } }",
    parameters: () => ({ hostname: "b.example", target: undefined }),
    differs: { texts: ["text"] },
  },
  {
    name: "asking: the first of two targets",
    verdict: "success",
    ask: ({ url, path }) =>
      query([
        ["module", path.slice(1)],
        ["target", url("http")],
        ["target", "http://nowhere.invalid/"],
      ]),
  },
  {
    name: "asking: the first of two modules",
    verdict: "success",
    ask: ({ url, path }) =>
      query([
        ["module", path.slice(1)],
        ["module", "nobody"],
        ["target", url("http")],
      ]),
  },
  {
    name: "asking: a parameter that nobody knows",
    verdict: "success",
    parameters: () => ({ colour: "blue" }),
  },
  {
    name: "asking: a timeout of the scrape",
    verdict: "success",
    headers: { "X-Prometheus-Scrape-Timeout-Seconds": "10" },
  },
  {
    name: "asking: a timeout below the offset",
    verdict: "success",
    headers: { "X-Prometheus-Scrape-Timeout-Seconds": "0.2" },
  },
  { name: "asking: health", verdict: 200, ask: () => "/-/healthy", differs: { texts: ["text"] } },
  {
    name: "asking: an unknown path",
    verdict: 200,
    ask: () => "/nothing/here",
    differs: { "unknown-paths": ["status: 200 -> 404", "text"] },
  },
];
