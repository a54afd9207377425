import { repeatedly } from "../../helpers/repeatedly.ts";
import { JOBS, type World } from "./world.ts";

/** What people and programs ask for while it runs, beside pings and scrapes. */
const PAGES: readonly string[] = [
  "/",
  "/status.json",
  // Not /health, which says that nothing is known for an interval after the clock was set ahead: so does a guest that was suspended.
  "/status?target=page-1",
  "/config/mode?target=flapping-1",
  "/heartbeats",
  "/livez?verbose",
  "/report",
  "/api/v1/targets",
  "/api/v1/overview?limit=100",
  "/api/v1/targets/named-1?window=1h",
  "/page/targets/flapping-1?window=24h",
  "/page/heartbeats/job-1",
  "/page/incidents",
  "/page/probes",
  "/api/v1/incidents",
  "/api/v1/report?window=7d",
  "/api/v1/dashboard",
  "/badge/page-1.svg",
  "/incidents.atom",
  "/probe?module=page&target=page-2",
  "/logs",
];

/** The load on an exporter. */
export interface Load {
  /** The longest that `/-/healthy` has taken since the last call, in milliseconds. */
  longestHealthy(): number;
  /** Requests that were not answered as they have to be. */
  readonly wrong: readonly string[];
  /** Numbers of requests by kind. */
  readonly counts: ReadonlyMap<string, number>;
  /** Pings since the last call by what `Durable` said. */
  durability(): Readonly<Record<string, number>>;
  /** Ends the load, and waits for the last responses. */
  stop(): Promise<void>;
}

/** Starts 20 pings, 4 pages and 4 checks of health per second, 5 scrapes at once every 5 s, streams of events, and reloads. */
export function startLoad(world: World): Load {
  const { url } = world.exporter;
  const wrong: string[] = [];
  const counts = new Map<string, number>();
  let longest = 0;
  let durability: Record<string, number> = {};
  const ask = async (kind: string, path: string, init: RequestInit = {}): Promise<Response> => {
    const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(30_000), ...init });
    await response.arrayBuffer();
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (response.status !== 200) wrong.push(`${path}: ${response.status}`);
    return response;
  };
  /** Starts a request every so many milliseconds; one that fails is noted. */
  const every = (ms: number, work: (turn: number) => Promise<unknown>): (() => Promise<void>) => {
    let turn = 0;
    return repeatedly(async () => {
      turn += 1;
      await work(turn).catch((error: unknown) => wrong.push(String(error)));
    }, ms);
  };
  const stops = [
    every(50, async (turn) => {
      // Each job is pinged every 2.5 s. One of ten pings begins a run that the next one ends.
      const path = `/ping/${JOBS[turn % JOBS.length]}${turn % 10 === 0 && turn % 100 < 50 ? "/start" : ""}`;
      const response = await ask("ping", path, { method: "POST", body: `turn ${turn}` });
      const said = String(response.headers.get("Durable"));
      durability[said] = (durability[said] ?? 0) + 1;
    }),
    every(250, (turn) => ask("page", PAGES[turn % PAGES.length] ?? "/", { headers: { Accept: "*/*" } })),
    every(250, async () => {
      const begin = performance.now();
      await ask("healthy", "/-/healthy");
      longest = Math.max(longest, performance.now() - begin);
    }),
    every(5000, () => Promise.all(Array.from({ length: 5 }, () => ask("scrape", "/metrics")))),
    every(10_000, () => stream(url)),
    every(20_000, async (turn) => {
      await world.configure(turn);
      await ask("reload", "/-/reload", { method: "POST" });
    }),
    every(30_000, async (turn) => world.areFlappingWell(turn % 2 === 0)),
  ];
  return {
    wrong,
    counts,
    longestHealthy() {
      const value = longest;
      longest = 0;
      return value;
    },
    durability() {
      const value = durability;
      durability = {};
      return value;
    },
    async stop() {
      await Promise.all(stops.map((stop) => stop()));
    },
  };
}

/** Reads the stream of events for a while, and leaves. */
async function stream(url: string): Promise<void> {
  const leaving = new AbortController();
  const response = await fetch(`${url}/api/v1/events`, { signal: leaving.signal });
  setTimeout(() => leaving.abort(), 25_000).unref();
  const reading = response.body?.pipeTo(new WritableStream());
  // It ends with the error of the abort, while further streams are read.
  void reading?.catch(() => {});
}
