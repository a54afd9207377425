import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { checkOutBaseline } from "./baseline.ts";
import { peakMib } from "./cpu.ts";
import { startMeasured } from "./measured-exporter.ts";
import { print } from "./statistics.ts";

const MIB = 2 ** 20;

const text = (mib: number): Buffer => Buffer.alloc(mib * MIB, "lorem ipsum dolor sit amet\n");

/** The bodies by path. */
const BODIES: Readonly<Record<string, Buffer>> = {
  "/60": text(60),
  "/9": text(9),
  "/json": Buffer.from(`[${"[],".repeat(2 * MIB)}1]`),
  "/bomb": gzipSync(text(60)),
};

const MODULES = `modules:
  plain: { prober: http, timeout: 30s, http: { fail_if_body_matches_regexp: ["(?i)error.*failed"] } }
  json: { prober: http, timeout: 30s, http: { fail_if_body_json_not_matches_cel: "body.size() > 3" } }
  bomb: { prober: http, timeout: 30s, http: { compression: gzip, fail_if_body_matches_regexp: ["(?i)error.*failed"] } }
`;

/** What is probed: a module, a body, and how many probes at once. */
const CASES = [
  ["one of 60 MiB under an expression", "plain", "/60", 1],
  ["ten of 60 MiB at once", "plain", "/60", 10],
  ["one of 9 MiB under an expression", "plain", "/9", 1],
  ["ten of 9 MiB at once", "plain", "/9", 10],
  ["one of 6 MiB of JSON under CEL", "json", "/json", 1],
  ["ten bombs of 60 MiB at once", "bomb", "/bomb", 10],
] as const;

/**
 * Bodies under rules: the most memory that the exporter needs, and how long `/-/healthy` waits at most meanwhile, beside the
 * commit of BENCH_BASE if that is set.
 */
export async function bodies(): Promise<void> {
  if (process.env["BENCH_BASE"] !== undefined) {
    await using baseline = await checkOutBaseline();
    await measure(`commit ${baseline.commit}: `, baseline.root);
  }
  await measure("");
}

async function measure(name: string, root?: string): Promise<void> {
  const server = createServer((request, response) => void response.end(BODIES[request.url ?? ""]));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  for (const [what, module, path, count] of CASES) {
    await using exporter = await startMeasured(MODULES, {}, root);
    const { pid } = exporter.process;
    await pause(500);
    const before = peakMib(pid);
    await exporter.gap();
    const target = encodeURIComponent(`http://127.0.0.1:${port}${path}`);
    let isOver = false;
    const waits = longestWait(`${exporter.url}/-/healthy`, () => isOver);
    const begin = performance.now();
    const texts = await Promise.all(
      Array.from({ length: count }, () => exporter.get(`/probe?module=${module}&target=${target}`)),
    );
    const took = performance.now() - begin;
    isOver = true;
    const wait = await waits;
    const { gap, cpu } = await exporter.gap();
    const good = texts.filter((one) => /^probe_success 1$/mu.test(one)).length;
    print(
      `${name}${what}`,
      `RSS ${before.toFixed(0)} -> ${peakMib(pid).toFixed(0)} MiB, /-/healthy at most ${wait.toFixed(0)} ms, gap ${gap.toFixed(0)} ms (CPU ${cpu.toFixed(0)} ms), ${good} of ${count} succeeded in ${took.toFixed(0)} ms`,
    );
  }
  server.close();
  server.closeAllConnections();
}

/** Asks a URL again and again until it is over. Returns the longest time that an answer took, in milliseconds. */
async function longestWait(url: string, isOver: () => boolean): Promise<number> {
  let longest = 0;
  while (!isOver()) {
    const begin = performance.now();
    await (await fetch(url)).text();
    longest = Math.max(longest, performance.now() - begin);
    await pause(5);
  }
  return longest;
}
