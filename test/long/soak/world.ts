import { fileURLToPath } from "node:url";
import { answerChat } from "../../helpers/chat-answer.ts";
import { type DnsReply, startDnsServer } from "../../helpers/dns-server.ts";
import { type ExporterProcess, startExporter } from "../../helpers/exporter.ts";
import { serveHttp, serveTcp } from "../../helpers/http-targets.ts";
import { type PrometheusServer, startPrometheus } from "../../helpers/prometheus.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { type Receiver, startReceiver } from "../../notify/receiver.ts";
import { type Disk, smallDisk } from "../../store/disks.ts";

/** Number of targets of each kind, 500 in all, which are probed every 5 s: 100 probes per second. */
const COUNTS = { page: 390, flapping: 10, named: 50, banner: 25, record: 15, chat: 10 } as const;
const INTERVAL_S = 5;

/** A kind of target. Names of targets begin with it. */
export type Kind = keyof typeof COUNTS;
/** Number of all targets. */
export const TARGETS = Object.values(COUNTS).reduce((sum, count) => sum + count, 0);
/** Kinds that need the name server. */
export const BY_NAME: readonly Kind[] = ["named", "record"];

/** Heartbeats that are pinged. */
export const JOBS: readonly string[] = Array.from({ length: 50 }, (_, i) => `job-${i}`);

/** Longest time that verdicts may take to follow a change: two intervals, a timeout and a scrape. */
export const FOLLOWS_S = 3 * INTERVAL_S + 5;

/** An exporter under load, what it probes, and what happens to it. */
export interface World extends AsyncDisposable {
  readonly exporter: ExporterProcess;
  /** Scrapes the exporter every 5 s, job `exporter`, with the rules that are shipped. */
  readonly prometheus: PrometheusServer;
  /** The disk of the store. */
  readonly disk: Disk;
  readonly receiver: Receiver;
  /** Decides what the name server says of a known name; undefined: its address. */
  nameServerSays(reply: DnsReply | undefined): void;
  /** Decides whether the targets that flap are well. */
  areFlappingWell(areWell: boolean): void;
  /** Sets the wall clock of the exporter to this many seconds after that of the machine. */
  shiftClock(seconds: number): Promise<void>;
  /** Writes the configuration, with another target in every other revision. */
  configure(revision: number): Promise<void>;
}

/** Starts everything. Only root can mount the disk and another `/etc/resolv.conf`. */
export async function startWorld(): Promise<World> {
  if (process.getuid?.() !== 0) throw new Error("the soak needs root, which mounts its disk and resolv.conf");
  await using resources = new AsyncDisposableStack();
  let areWell = true;
  const pages = resources.use(
    await serveHttp((request, response) => {
      const isWell = areWell || request.url !== "/flapping";
      response.writeHead(isWell ? 200 : 503).end("well");
    }),
  );
  const greeter = resources.use(await serveTcp((socket) => socket.end("SSH-2.0-soak\r\n")));
  const model = resources.use(await serveHttp((_request, response) => answerChat(response)));
  // An address of loopback that no other program serves names on.
  const nameServer = `127.77.${process.pid & 255}.${(process.pid >> 8) & 255 || 1}`;
  let says: DnsReply | undefined;
  resources.use(
    await startDnsServer((name) => (name.endsWith(".soak.test") ? (says ?? ["127.0.0.1"]) : "NXDOMAIN"), {
      address: nameServer,
      port: 53,
    }),
  );
  const receiver = resources.use(await startReceiver());
  const disk = resources.use(await smallDisk(DISK_MIB));
  const folder = resources.use(await temporaryFolder());
  const clockFile = await folder.write("clock", "0");
  const resolvConf = await folder.write(
    "resolv.conf",
    `nameserver ${nameServer}\noptions timeout:1 attempts:2\n`,
  );

  const addresses: Readonly<Record<Kind, (i: number) => string>> = {
    page: (i) => `http://${pages.host}/${i}`,
    flapping: () => `http://${pages.host}/flapping`,
    named: (i) => `http://name-${i}.soak.test:${pages.port}/`,
    banner: () => greeter.host,
    record: () => nameServer,
    chat: () => `http://${model.host}/v1`,
  };
  const targets = (Object.keys(COUNTS) as Kind[]).flatMap((kind) =>
    Array.from(
      { length: COUNTS[kind] },
      (_, i) =>
        `  - { name: ${kind}-${i}, module: ${kind}, target: "${addresses[kind](i)}", schedule: interval, interval: ${INTERVAL_S}s${kind === "flapping" ? ", failover: {}" : ""} }\n`,
    ),
  );
  const yaml = (revision: number): string => `
storage: { path: "${disk.path}/s.db" }
modules:
  page: { prober: http, timeout: 4s, http: { preferred_ip_protocol: ip4, fail_if_body_not_matches_regexp: [well] } }
  flapping: { prober: http, timeout: 4s, http: { preferred_ip_protocol: ip4 } }
  named: { prober: http, timeout: 4s, http: { preferred_ip_protocol: ip4 } }
  banner: { prober: tcp, timeout: 4s, tcp: { query_response: [{ expect: "^SSH-2.0-" }] } }
  record: { prober: dns, timeout: 4s, dns: { preferred_ip_protocol: ip4, query_name: www.soak.test, query_type: A } }
  chat: { prober: llm, timeout: 4s, min_interval: 0s, llm: { api: openai, model: m, stream: false } }
heartbeats:
${JOBS.map((name) => `  - { name: ${name}, timeout: 1m }\n`).join("")}
webhooks: [{ name: app, url: "${receiver.url}", events: [mode] }]
targets:
${targets.join("")}${revision % 2 === 0 ? "" : `  - { name: extra-${revision}, module: page, target: "http://${pages.host}/extra", interval: ${INTERVAL_S}s }\n`}`;

  const exporter = resources.use(
    await startExporter({
      yaml: yaml(0),
      command: ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"', resolvConf],
      env: { CLOCK_SHIFT: clockFile, NODE_OPTIONS: `--import=${SHIFTED_CLOCK}` },
    }),
  );
  const prometheus = resources.use(
    await startPrometheus({
      version: "newest",
      config: `global: { scrape_interval: 5s, evaluation_interval: 15s }
rule_files: ["${fileURLToPath(new URL("../../../rules", import.meta.url))}/*.rules.yml"]
scrape_configs: [{ job_name: exporter, static_configs: [{ targets: ["${new URL(exporter.url).host}"] }] }]
`,
    }),
  );
  const owned = resources.move();
  return {
    exporter,
    prometheus,
    disk,
    receiver,
    nameServerSays: (reply) => void (says = reply),
    areFlappingWell: (well) => void (areWell = well),
    shiftClock: async (seconds) => void (await folder.write("clock", String(seconds))),
    configure: async (revision) => void (await exporter.folder.write("exporter.yml", yaml(revision))),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const DISK_MIB = 256;
const SHIFTED_CLOCK = fileURLToPath(new URL("../../helpers/shifted-clock.ts", import.meta.url));
