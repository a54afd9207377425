import type { HeartbeatState } from "../../src/core/heartbeat.ts";
import type { History } from "../../src/core/history.ts";
import { createMemory, type Memory } from "../../src/core/memory.ts";
import { failed, type Prober, succeeded } from "../../src/core/prober.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import { type ManualClock, manualClock } from "../helpers/clock.ts";
import { type LocalExporter, startLocalExporter } from "../helpers/exporter.ts";

/** The control token of these exporters. */
export const TOKEN = "control-token-of-the-test";

/** Time at which the test clock starts. */
export const START = 1_757_943_000;

/** What targets answer, by address. */
export interface Answers {
  /** Texts with which probes of an address fail. */
  readonly failures: Map<string, string>;
  /** Heartbeats that the probe of an address finds. */
  readonly beats: Map<string, readonly HeartbeatState[]>;
}

/** An exporter whose time and targets the test controls. */
export interface PageWorld extends AsyncDisposable {
  readonly exporter: LocalExporter;
  readonly clock: ManualClock;
  readonly answers: Answers;
  readonly memory: Memory;
  /** Sends a request with no preference for a form. */
  ask(path: string, init?: RequestInit): Promise<PageAnswer>;
  /** Sends a GET request and returns the JSON of its answer, whatever its status. */
  json(path: string): Promise<Readonly<Record<string, never>>>;
  /** Sends a control request. */
  control(method: string, path: string): Promise<PageAnswer>;
  /** Probes a target now, as an operator. */
  probe(...names: readonly string[]): Promise<void>;
}

/** An answer with its whole text. */
export interface PageAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const scriptedBy = ({ failures, beats }: Answers): Prober => ({
  kind: "scripted",
  metrics: [],
  reasons: ["http_status"],
  schema: {},
  costly: false,
  compile: () => ({}),
  probe: async ({ address }) => {
    const text = failures.get(address);
    const outcome = text === undefined ? succeeded : failed("http_status", text);
    return {
      outcome,
      samples: [],
      duration: seconds(0.25),
      phases: { connect: seconds(0.05), processing: seconds(0.2) },
      beats: beats.get(address) ?? [],
    };
  },
});

/** Starts an exporter with this configuration. */
export async function pageWorld(
  yaml: string,
  more: {
    readonly memory?: Memory;
    readonly history?: History;
    readonly clock?: ManualClock;
    readonly showsPage?: boolean;
  } = {},
): Promise<PageWorld> {
  const { memory = createMemory(), clock = manualClock(START) } = more;
  const answers: Answers = { failures: new Map(), beats: new Map() };
  const exporter = await startLocalExporter({
    yaml,
    probers: [scriptedBy(answers)],
    files: { token: TOKEN },
    clock,
    memory,
    ...(more.history === undefined ? {} : { history: more.history }),
    ...(more.showsPage === undefined ? {} : { showsPage: more.showsPage }),
  });
  const ask: PageWorld["ask"] = async (path, init) => {
    const response = await fetch(exporter.url + path, init);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const control: PageWorld["control"] = (method, path) =>
    ask(path, { method, headers: { Authorization: `Bearer ${TOKEN}` } });
  return {
    exporter,
    clock,
    answers,
    memory,
    ask,
    control,
    json: async (path) => JSON.parse((await ask(path)).text) as Readonly<Record<string, never>>,
    async probe(...names) {
      for (const name of names) {
        const { status, text } = await control("POST", `/api/v1/targets/${name}/probe`);
        if (status !== 200) throw new Error(`${status} ${text}`);
      }
    },
    [Symbol.asyncDispose]: () => exporter[Symbol.asyncDispose](),
  };
}

/** A heartbeat that a probe of a log finds. */
export const logBeat = (heartbeat: string): HeartbeatState => ({
  heartbeat,
  source: "log",
  lastSeen: timestamp(START),
  timeout: seconds(60),
});
