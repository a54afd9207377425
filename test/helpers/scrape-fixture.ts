import { probers } from "../../src/probers/index.ts";

/** A part of a configuration with which a scrape shows every metric of one prober. */
export interface ScrapeFixture extends AsyncDisposable {
  /** Entries of `modules:`, each on a line of its own. */
  readonly modules: string;
  /** Entries of `targets:`, each on a line of its own. */
  readonly targets: string;
  /** Files beside the configuration. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Starts the fixture of every prober: the default export of `test/probers/<kind>/scrape.ts`. */
export const startScrapeFixtures = (): Promise<readonly ScrapeFixture[]> =>
  Promise.all(
    probers.map(async ({ kind }) => {
      const folder = kind.replaceAll("_", "-");
      const { default: start } = (await import(`../probers/${folder}/scrape.ts`)) as {
        default: () => Promise<ScrapeFixture>;
      };
      return start();
    }),
  );
