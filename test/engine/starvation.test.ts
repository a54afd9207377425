import { expect, it } from "vitest";
import { startExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { serveHttp, serveTcp } from "../helpers/http-targets.ts";

const SLOTS = 40;
/** Targets that hang: more than there are slots. */
const BAD = 60;
const GOOD = 12;

/** A prober that ignores its signal and never ends. */
const STUCK = `export default { kind: "stuck", schema: { type: "object" }, costly: false, compile: () => ({}),
  probe: () => new Promise(() => {}) };`;

interface Case {
  readonly what: string;
  readonly module: string;
  /** The i-th target; `host` accepts connections and never sends a byte. */
  readonly target: (i: number, host: string) => string;
}

const cases: readonly Case[] = [
  { what: "a host that accepts and never answers", module: "plain", target: (i, h) => `http://${h}/${i}` },
  { what: "a host whose TLS handshake never ends", module: "plain", target: (i, h) => `https://${h}/${i}` },
  { what: "a model server that never answers", module: "chat", target: (i, h) => `http://${h}/${i}/v1` },
  { what: "a plugin that never settles", module: "stuck", target: (i) => `host-${i}.example` },
];

it.each(cases)(
  "$what with more targets than slots takes none from other hosts",
  async ({ module, target }) => {
    await using silent = await serveTcp(() => {});
    await using good = await serveHttp((_req, res) => res.end("ok"));
    const model = module === "chat" ? ", model: m" : "";
    const bad = Array.from(
      { length: BAD },
      (_, i) => `  - { name: bad-${i}, module: ${module}, target: "${target(i, silent.host)}"${model} }`,
    );
    // Another name of the same address, so that it is another host.
    const fine = Array.from(
      { length: GOOD },
      (_, i) => `  - { name: good-${i}, module: plain, target: "http://localhost:${good.port}/${i}" }`,
    );
    const yaml = `
plugins: [./stuck.js]
limits: { max_concurrent_probes: ${SLOTS} }
modules:
  plain: { prober: http, http: { preferred_ip_protocol: ip4 } }
  chat: { prober: llm, llm: { api: openai } }
  stuck: { prober: stuck }
targets:
${[...bad, ...fine].join("\n")}
`;
    await using exporter = await startExporter({ yaml, files: { "stuck.js": STUCK } });
    const headers = { "X-Prometheus-Scrape-Timeout-Seconds": "3" };
    // The second round meets the failed probes of the first one, and those that have not ended yet.
    for (const round of [1, 2]) {
      const text = await exporter.get("/metrics?collect[]=targets", headers);
      const failures = Array.from({ length: GOOD }, (_, i) => `good-${i}`).filter(
        (name) => valueOf(text, "probe_success", { target: name }) !== 1,
      );
      expect([round, failures]).toEqual([round, []]);
    }
  },
);
