import { setTimeout as pause } from "node:timers/promises";
import { type Peer, probeUrl, type Targets, withPeers } from "./peers.ts";
import { print, quantile } from "./statistics.ts";

const RATE = 200;
const SECONDS = 5;
const DELAY_MS = 50;

/** How far the measured duration of a probe is from a target's fixed delay, at a fixed rate of probes. */
export async function httpAccuracy(targets: Targets): Promise<void> {
  await withPeers(async (...peers) => {
    for (const peer of peers) {
      await durations(peer, targets, 1);
      const errors = (await durations(peer, targets, SECONDS)).map((duration) => duration * 1000 - DELAY_MS);
      const shown = [0.5, 0.9, 0.99]
        .map((q) => `p${q * 100} ${quantile(errors, q).toFixed(2)} ms`)
        .join(", ");
      print(`probe_duration_seconds less the target's ${DELAY_MS} ms, ${RATE} probes/s, ${peer.name}`, shown);
    }
  });
}

/** Probes at a fixed rate, whatever comes back meanwhile. */
async function durations(peer: Peer, targets: Targets, length: number): Promise<number[]> {
  const begin = performance.now();
  const asked: Promise<number>[] = [];
  for (let i = 0; i < RATE * length; i += 1) {
    const due = begin + (i * 1000) / RATE;
    if (due > performance.now()) await pause(due - performance.now());
    // Each its own address, or those that overlap would share one probe.
    asked.push(durationOf(probeUrl(peer, "plain", `${targets.http}slow?${i}`)));
  }
  return Promise.all(asked);
}

async function durationOf(url: string): Promise<number> {
  const text = await (await fetch(url)).text();
  if (!text.includes("probe_success 1")) throw new Error(text);
  return Number(/^probe_duration_seconds (\S+)$/m.exec(text)?.[1]);
}
