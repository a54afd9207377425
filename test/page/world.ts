import { join } from "node:path";
import { createStandIn } from "../../src/demo/stand-in.ts";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { serveHttp, serveServer } from "../helpers/http-targets.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";
import { writePast } from "./past.ts";

/** Text that would run, reorder the page or break it, if it were not text. */
export const HOSTILE = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>\u202Eevil\u2066 ${"x".repeat(300)}`;

/** The control token of the exporter. */
export const TOKEN = "control-token-of-the-page";

/** An exporter with targets that fail and recover as a test says. */
export interface World extends AsyncDisposable {
  readonly exporter: () => ExporterProcess;
  /** Sets what a path of the service answers. */
  readonly set: (path: string, status: number, body?: string) => void;
  /** Ends the exporter, and starts another on the same port with the same store. */
  readonly restart: () => Promise<void>;
  /** Ends the exporter. */
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
}

const quoted = (text: string): string => JSON.stringify(text);

const yaml = (web: number, llm: number, folder: string, isHostile: boolean): string => `
control: { token_file: ${folder}/token }
prices: { demo-model: { input: 5, output: 15 } }
modules:
  http_2xx: { prober: http, timeout: 1s }
  strict: { prober: http, timeout: 1s, http: { fail_if_body_matches_regexp: [hostile] } }
  chat: { prober: llm, timeout: 1s, llm: { api: openai, expect: { word: HEALTHY } } }
targets:
  - { name: gpt, module: chat, target: "http://127.0.0.1:${llm}/v1", model: demo-model, interval: 1s, failover: {}, critical: true, labels: { team: ai }, budget: { tokens: 100000, dollars: 1, per: day } }
${["checkout", "search", "frontend"].map((name) => `  - { name: ${name}, module: http_2xx, target: "http://127.0.0.1:${web}/${name}", schedule: interval, interval: 1s, failure_threshold: 1, healthy_threshold: 1, critical: ${name === "checkout"}, labels: { team: shop } }`).join("\n")}
${isHostile ? `  - { name: hostile, module: strict, target: "http://127.0.0.1:${web}/hostile", schedule: interval, interval: 1s, failure_threshold: 1, labels: { note: ${quoted(HOSTILE.slice(0, 100))} } }` : ""}
  - { name: docs, module: http_2xx, target: "http://127.0.0.1:${web}/docs", schedule: interval, interval: 2s }
heartbeats:
  - { name: production-server, kind: machine, timeout: 2m, hostname: prod-01.example.com, owner: web, token_file: ${folder}/ping }
  - { name: backup-job, kind: job, timeout: 1d, token_file: ${folder}/ping }
groups:
  - { name: shop, description: What customers use, members: [checkout, search, frontend] }
  - { name: intelligence, members: [gpt] }
pages:
  - { path: /public, title: Shop status, groups: [shop], show: [reasons, latency], announcement: "Maintenance on Sunday, 10:00 UTC" }
storage: { retention: 7d }
`;

/**
 * Starts the world with some history.
 * @param isHostile false for pictures that are to be liked
 */
export async function startWorld({ isHostile = true } = {}): Promise<World> {
  await using resources = new AsyncDisposableStack();
  const folder: TemporaryFolder = resources.use(await temporaryFolder());
  const answers = new Map<string, { status: number; body: string }>([
    ["/hostile", { status: 200, body: `hostile ${HOSTILE}` }],
  ]);
  const web = resources.use(
    await serveHttp((request, response) => {
      const { status, body } = answers.get(request.url ?? "") ?? { status: 200, body: "{}" };
      response.writeHead(status, { "X-Note": "<script>alert(3)</script>" }).end(body);
    }),
  );
  const llm = resources.use(await serveServer(createStandIn()));
  await folder.write("token", TOKEN);
  await folder.write("ping", "ping-token");
  const store = join(folder.path, "store.db");
  await writePast(store, Date.now() / 1000);
  let port = 0;
  let exporter: ExporterProcess | undefined;
  const start = async (): Promise<void> => {
    exporter = await startExporter({
      yaml: yaml(web.port, llm.port, folder.path, isHostile),
      args: [`--storage.path=${store}`, ...(port === 0 ? [] : [`--web.listen-address=127.0.0.1:${port}`])],
    });
    port = Number(new URL(exporter.url).port);
  };
  const stop = async (): Promise<void> => {
    await exporter?.[Symbol.asyncDispose]();
  };
  resources.defer(stop);
  await start();
  const owned = resources.move();
  const current = (): ExporterProcess => {
    if (exporter === undefined) throw new Error("the exporter was not started");
    return exporter;
  };
  return {
    exporter: current,
    set: (path, status, body = "{}") => void answers.set(path, { status, body }),
    stop,
    start,
    restart: async () => {
      await stop();
      await start();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
