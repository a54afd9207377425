import type { Clock } from "../core/clock.ts";
import type { ExpositionFormat } from "../core/exposition-format.ts";
import { type Seconds, seconds } from "../core/units.ts";
import { encoded } from "./compress.ts";
import type { Encoding } from "./negotiate.ts";
import type { MetricsPage, ScrapeReading } from "./route-context.ts";
import { type Chunk, createSharedStream, type SharedStream } from "./shared-stream.ts";

/** A page that concurrent scrapes share, and its streams by format and coding. */
export interface Rendering {
  readonly page: Promise<MetricsPage>;
  /** Returns the page in a format and a coding. */
  stream(format: ExpositionFormat, encoding: Encoding): AsyncIterable<Chunk>;
}

/** The pages that are being sent. */
export interface Renderings {
  /**
   * Passes a page for a scrape to `use`: one that another scrape is being sent and that shows the same, or a new one.
   * @param sections identifies the sections of the page
   */
  with(sections: string, reading: ScrapeReading, use: (rendering: Rendering) => Promise<void>): Promise<void>;
}

/** Age up to which scrapes join a page. Pages of 10,000 targets take about as long. */
const JOINABLE = seconds(1);

/** Characters or bytes of each stream that are kept for clients that join it or fall behind. */
const MOST_KEPT = 4 * 1024 * 1024;

interface Open extends Rendering {
  readonly sections: string;
  readonly basis: ScrapeReading["basis"];
  readonly since: Seconds;
  users: number;
}

/** Creates the list of open pages. */
export function createRenderings(clock: Clock): Renderings {
  const open = new Set<Open>();

  const find = (sections: string, { basis }: ScrapeReading): Open | undefined => {
    for (const one of open) {
      const isYoung = clock.monotonic() - one.since <= JOINABLE;
      if (isYoung && one.sections === sections && isSame(one.basis, basis)) return one;
    }
    return undefined;
  };

  return {
    async with(sections, reading, use) {
      const rendering = find(sections, reading) ?? start(sections, reading, clock.monotonic());
      open.add(rendering);
      rendering.users += 1;
      try {
        await use(rendering);
      } finally {
        rendering.users -= 1;
        if (rendering.users === 0) open.delete(rendering);
      }
    },
  };
}

function start(sections: string, reading: ScrapeReading, since: Seconds): Open {
  const page = reading.page();
  const streams = new Map<string, SharedStream>();
  return {
    sections,
    basis: reading.basis,
    since,
    users: 0,
    page,
    stream(format, encoding) {
      const key = `${format.kind} ${format.created} ${encoding}`;
      const joined = streams.get(key)?.join();
      if (joined !== undefined) return joined;
      const opened = createSharedStream(() => encoded(piecesOf(page, format), encoding), MOST_KEPT);
      streams.set(key, opened);
      // The start of a new stream is always kept.
      return opened.join() ?? piecesOf(page, format);
    },
  };
}

async function* piecesOf(page: Promise<MetricsPage>, format: ExpositionFormat): AsyncGenerator<string> {
  yield* (await page).pieces(format);
}

const isSame = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  one === other || (one.length === other.length && one.every((entry, i) => entry === other[i]));
