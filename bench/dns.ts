import { startBlackbox } from "../test/helpers/blackbox.ts";
import { startExporter } from "../test/helpers/exporter.ts";
import { startDnsmasq } from "../test/helpers/name-servers.ts";
import { cpuSeconds } from "./cpu.ts";
import { load, pacedLoad } from "./load.ts";
import { type Peer, probeUrl } from "./peers.ts";
import { median, print } from "./statistics.ts";

const PROBES = 3000;
const ROUNDS = 3;
const WARM_UP = 6000;
/** Probes per second of an exporter that is not busy. */
const CALM_RATE = 60;
const CALM_PROBES = 900;

const MODULES = `modules:
  plain: { prober: dns, dns: { query_name: example.test, query_type: A } }
  judged: { prober: dns, dns: { query_name: example.test, query_type: A, validate_answer_rrs: { fail_if_not_matches_regexp: ['\\tA\\t192\\.0\\.2\\.1$'] } } }
`;

/** CPU per probe over UDP, with and without a rule, against blackbox_exporter in the same run and in turns with it. */
export async function dnsCost(): Promise<void> {
  await using server = await startDnsmasq({ everyAddress: true }, "--address=/example.test/192.0.2.1");
  await using exporter = await startExporter({ yaml: MODULES });
  await using blackbox = await startBlackbox({ version: "newest", config: MODULES });
  const ours = { name: "ours", url: exporter.url, pid: exporter.process.pid };
  const theirs = { name: "blackbox_exporter", url: blackbox.url, pid: blackbox.process.pid };
  for (const module of ["plain", "judged"]) {
    for (const concurrency of [16, "calm"] as const) {
      const run = (peer: Peer, probes?: number) => cost(peer, module, server.port, concurrency, probes);
      for (const peer of [ours, theirs]) await run(peer, concurrency === "calm" ? CALM_RATE : WARM_UP);
      const [our, their]: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS; round += 1) {
        our.push(await run(ours));
        their.push(await run(theirs));
      }
      const [a, b] = [median(our), median(their)];
      print(
        `CPU per probe, dns ${module}, ${concurrency === "calm" ? `${CALM_RATE} per second` : `${concurrency} at once`}: ours / blackbox_exporter`,
        `${a.toFixed(3)} ms / ${b.toFixed(3)} ms = ${(a / b).toFixed(2)}`,
      );
    }
  }
}

/** Returns the milliseconds of CPU time of an exporter per probe. */
async function cost(
  peer: Peer,
  module: string,
  port: number,
  concurrency: number | "calm",
  probes = concurrency === "calm" ? CALM_PROBES : PROBES,
): Promise<number> {
  // Each its own address, or those that overlap would share one probe.
  const urlOf = (i: number): string =>
    probeUrl(peer, module, `127.0.${1 + ((i >> 8) & 63)}.${i & 255}:${port}`);
  const before = cpuSeconds(peer.pid);
  if (concurrency === "calm") await pacedLoad(urlOf, probes, CALM_RATE, "probe_success 1");
  else await load(urlOf, probes, concurrency, "probe_success 1");
  return ((cpuSeconds(peer.pid) - before) / probes) * 1000;
}
