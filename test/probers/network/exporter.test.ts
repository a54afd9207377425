import { expect, test } from "vitest";
import { startExporter } from "../../helpers/exporter.ts";
import { valueOf } from "../../helpers/exposition.ts";
import { serveHttp } from "../../helpers/http-targets.ts";

/** A plugin that declares `allowed_targets`, and does nothing about them. */
const PLUGIN = `import { defineProber, succeeded } from "heartbeat-exporter/plugin";
export default defineProber<{ secret?: string }, { secret?: string }>({
  kind: "queue",
  schema: { type: "object", properties: { allowed_targets: { type: "array", items: { type: "string" } }, secret: { type: "string" } } },
  costly: false,
  reasons: ["timeout"],
  compile: (options) => options,
  configuredOnly: ({ secret }) => secret !== undefined,
  async probe({ address }, _module, { network }) {
    const [host = "", port] = address.split("/")[2]?.split(":") ?? [];
    const opened = await network.connect({ host, port: Number(port) });
    if (opened.ok) opened.socket.end("GET / HTTP/1.0\\r\\n\\r\\n");
    return { outcome: opened.ok ? succeeded : opened, samples: [] };
  },
});
`;

test("a running exporter enforces allowed_targets for every kind of prober", async () => {
  let requests = 0;
  await using server = await serveHttp((_, response) => {
    requests += 1;
    response.end("beat");
  });
  const address = `http://${server.host}/`;
  const list = "allowed_targets: [192.0.2.1]";
  const yaml = `
plugins: [./queue.ts]
modules:
  http: { prober: http, http: { ${list} } }
  llm: { prober: llm, llm: { api: openai, model: m, prompt: hi, ${list} } }
  log: { prober: heartbeat_log, heartbeat_log: { paths: [], ${list} } }
  queue: { prober: queue, queue: { ${list} } }
  llm_key: { prober: llm, llm: { api: openai, model: m, prompt: hi, api_key: secret } }
  log_default: { prober: heartbeat_log, heartbeat_log: { paths: [] } }
  queue_secret: { prober: queue, queue: { secret: x } }
  open: { prober: queue }
`;
  await using exporter = await startExporter({ yaml, files: { "queue.ts": PLUGIN } });
  const probe = async (module: string, target: string): Promise<number | undefined> => {
    const text = await exporter.get(`/probe?module=${module}&target=${encodeURIComponent(target)}`);
    return valueOf(text, "probe_failure_reason", { reason: "forbidden_target" });
  };
  for (const module of ["http", "llm", "log", "queue", "llm_key", "log_default", "queue_secret"])
    expect([module, await probe(module, address)]).toEqual([module, 1]);
  expect(requests).toBe(0);
  expect(await probe("open", "http://169.254.169.254:80/")).toBe(1);
  expect(await probe("open", "http://2852039166:80/")).toBe(1);
  expect(await probe("open", address)).toBeUndefined();
  await expect.poll(() => requests).toBe(1);
});
