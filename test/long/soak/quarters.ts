import type { PrometheusServer } from "../../helpers/prometheus.ts";

/** What the exporter used in a part of the run, as a real Prometheus scraped it. */
export interface Usage {
  /** Median of the resident memory, in MiB. */
  readonly rss: number;
  /** Most memory, in MiB. */
  readonly peak: number;
  readonly descriptors: number;
  /** Median of the 99th percentiles of the event loop's delay between scrapes, in milliseconds. */
  readonly lag: number;
  /** CPU time by time. */
  readonly cpu: number;
  /** The longest scrape, in seconds. */
  readonly scrape: number;
}

const QUERIES: Readonly<Record<keyof Usage, (range: string) => string>> = {
  rss: (range) => `quantile_over_time(0.5, process_resident_memory_bytes${range}) / 2^20`,
  peak: (range) => `max_over_time(process_resident_memory_bytes${range}) / 2^20`,
  descriptors: (range) => `quantile_over_time(0.5, process_open_fds${range})`,
  lag: (range) => `quantile_over_time(0.5, heartbeat_exporter_event_loop_lag_seconds${range}) * 1000`,
  cpu: (range) => `rate(process_cpu_seconds_total${range})`,
  scrape: (range) => `max_over_time(scrape_duration_seconds${range})`,
};

/**
 * Returns the usage in each quarter of a run.
 * @param begin and `end` in Unix seconds
 */
export function usageByQuarter(
  prometheus: PrometheusServer,
  begin: number,
  end: number,
): Promise<readonly Usage[]> {
  const length = (end - begin) / 4;
  return Promise.all(
    [1, 2, 3, 4].map(async (quarter) => {
      const range = `{job="exporter"}[${Math.floor(length)}s] @ ${begin + quarter * length}`;
      const read = async ([name, query]: readonly [string, (range: string) => string]) =>
        [name, (await prometheus.query(query(range)))[0]?.value ?? Number.NaN] as const;
      return Object.fromEntries(await Promise.all(Object.entries(QUERIES).map(read))) as unknown as Usage;
    }),
  );
}
