import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { type Answer, placeOf, send } from "../helpers/listeners.ts";

const CONFIG = `
modules: { http_2xx: { prober: http, timeout: 1s } }
targets: [{ name: shop, module: http_2xx, target: "http://127.0.0.1:1" }]
`;

/** Requests with their headers. Those to `/probe?` are answered before express, and those to a whole URL by express. */
const REQUESTS: readonly (readonly [
  query: string,
  headers: Readonly<Record<string, string>>,
  method?: string,
])[] = [
  ["target=shop", {}],
  ["target=shop&debug=true", {}],
  ["target=http://127.0.0.1:1/?key=abcdefgh", {}],
  ["target=shop", { "Accept-Encoding": "gzip" }],
  ["target=shop", { "Accept-Encoding": "zstd;q=0.5, identity;q=0" }],
  ["target=shop", { "Accept-Encoding": "br, identity;q=0" }],
  ["target=shop", { Accept: "application/openmetrics-text;version=1.0.0" }],
  ["target=shop", { "X-Prometheus-Scrape-Timeout-Seconds": "5" }],
  ["target=shop", { "X-Prometheus-Scrape-Timeout-Seconds": "soon" }],
  ["target=shop", {}, "HEAD"],
  ["target=shop", {}, "POST"],
  ["module=nothing&target=shop", {}, "HEAD"],
  ["module=nothing", {}],
  ["module=nothing\u00e9", {}],
  ["module=http_2xx", {}],
  ["", {}],
  [
    "target=shop",
    { Host: "rebind.attacker.test", "Accept-Language": "en", Origin: "http://rebind.attacker.test" },
  ],
  ["target=shop", { Host: "no host" }],
  ["target=%E0%A4%A", {}],
  ["target=shop#fragment", {}],
];

/** Returns an answer without what differs from one to the next. */
function comparable({ status, headers, body }: Answer) {
  const { date: _date, "content-length": length, ...others } = headers;
  const isEncoded = others["content-encoding"] !== undefined;
  const text = isEncoded ? "" : body.toString().replaceAll(/[\d.e+-]+/g, "N");
  return { status, headers: others, hasLength: length !== undefined, text };
}

describe("/probe", () => {
  let exporter: ExporterProcess;
  beforeAll(async () => {
    exporter = await startExporter({ yaml: CONFIG });
  });
  afterAll(() => exporter[Symbol.asyncDispose]());

  const requests = REQUESTS.map(([query, headers, method = "GET"]) => ({ query, headers, method }));
  test.each(requests)(
    "answers $method $query $headers as express would",
    async ({ query, headers, method }) => {
      const ask = (path: string) => send({ ...placeOf(exporter.url), method, path, headers });
      const first = comparable(await ask(`/probe?${query}`));
      const byExpress = comparable(await ask(`${exporter.url}/probe?${query}`));
      expect(first).toEqual(byExpress);
    },
  );
});
