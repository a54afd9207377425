import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { startExporter } from "../helpers/exporter.ts";
import { serveConduct } from "../helpers/line-servers.ts";

const YAML = `
modules:
  greeting: { prober: tcp, timeout: 1s, tcp: { preferred_ip_protocol: ip4, query_response: [{ expect: "^hello" }] } }
targets:
  - { name: named, module: greeting, target: "PLACE", schedule: on_scrape }
`;

const SCRAPE_TIMEOUT = 1.5;

/** Long enough that a probe of 1 s, which the stop extends, does not end within the timeout of the scrape. */
const STOP_MS = 900;

test("a scrape is answered within its timeout, whatever stops the exporter, and without a verdict that could be wrong", async () => {
  let greets = true;
  const serve = () => serveConduct((socket) => void (greets && socket.end("hello\n")));
  await using configured = await serve();
  await using other = await serve();
  await using exporter = await startExporter({ yaml: YAML.replace("PLACE", configured.address) });
  const queries = ["target=named", `module=greeting&target=${other.address}`];

  const scrape = async (query: string) => {
    const begun = performance.now();
    const headers = { "X-Prometheus-Scrape-Timeout-Seconds": String(SCRAPE_TIMEOUT) };
    const response = await fetch(`${exporter.url}/probe?${query}`, { headers });
    const text = await response.text();
    expect((performance.now() - begun) / 1000).toBeLessThan(SCRAPE_TIMEOUT);
    const verdict = /^probe_success .*$/m.exec(text)?.[0] ?? text;
    return `${response.status}: ${verdict.trim()}`;
  };
  const scrapes = () => Promise.all(queries.map(scrape));
  /** Scrapes while the exporter is stopped for a part of the time. */
  const scrapesDuringStop = async () => {
    const asked = scrapes();
    await pause(200);
    exporter.process.kill("SIGSTOP");
    await pause(STOP_MS);
    exporter.process.kill("SIGCONT");
    return asked;
  };
  const both = (answer: unknown) => [answer, answer];

  expect(await scrapes()).toEqual(both("200: probe_success 1"));
  greets = false;
  // A target that has been well may be slow only because the exporter was.
  const none = expect.stringMatching(/^503: no verdict: this exporter stood still/);
  expect(await scrapesDuringStop()).toEqual(both(none));
  await pause(1500);
  expect(await scrapes()).toEqual(both("200: probe_success 0"));
  // One that has failed before, and does not answer, has no gap in its series.
  expect(await scrapesDuringStop()).toEqual(both("200: probe_success 0"));
});
