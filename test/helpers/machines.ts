import { Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

/** Machines that ping an exporter. */
export interface Machines extends AsyncDisposable {
  /** Number of pings that were answered. */
  answered(): number;
  /** Sends a ping of each machine, and resolves once all are answered or given up. */
  pingAll(): Promise<void>;
  /** Ends all pings. */
  stop(): Promise<void>;
}

export interface MachinesOptions {
  readonly url: string;
  readonly count: number;
  readonly token: string;
  /** Time between two pings of a machine, each machine at its own time, in milliseconds. Without one, none pings by itself. */
  readonly periodMs?: number;
  /** Time after which a machine gives up a ping, in milliseconds. */
  readonly patienceMs: number;
}

/** Starts machines `m-0`, `m-1` and so on. Every other one keeps its connection; the others open one per ping. */
export function startMachines({ url, count, token, periodMs, patienceMs }: MachinesOptions): Machines {
  const end = new AbortController();
  let answered = 0;
  const agents = Array.from(
    { length: count },
    (_, i) => new Agent({ keepAlive: i % 2 === 0, maxSockets: 1 }),
  );

  const ping = (agent: Agent, i: number): Promise<void> =>
    new Promise((resolve) => {
      const headers = { Authorization: `Bearer ${token}` };
      const sent = request(`${url}/ping/m-${i}`, { agent, headers, timeout: patienceMs }, (response) => {
        if (response.statusCode === 200) answered += 1;
        response.resume().on("close", resolve);
      });
      const abort = (): void => void sent.destroy();
      end.signal.addEventListener("abort", abort, { once: true });
      sent.on("timeout", abort).on("error", () => resolve());
      sent.on("close", () => end.signal.removeEventListener("abort", abort));
      sent.end();
    });

  const run = async (period: number, agent: Agent, i: number): Promise<void> => {
    let due = performance.now() + (i / count) * period;
    while (!end.signal.aborted) {
      const wait = Math.max(0, due - performance.now());
      await pause(wait, undefined, { signal: end.signal }).catch(() => {});
      if (end.signal.aborted) return;
      await ping(agent, i);
      // As cron does: pings that were missed are not caught up.
      while (due <= performance.now()) due += period;
    }
  };
  const running = periodMs === undefined ? [] : agents.map((agent, i) => run(periodMs, agent, i));

  const stop = async (): Promise<void> => {
    end.abort();
    await Promise.all(running);
    for (const agent of agents) agent.destroy();
  };
  return {
    answered: () => answered,
    pingAll: async () => void (await Promise.all(agents.map(ping))),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
