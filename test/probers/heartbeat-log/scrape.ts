import { DETAILED_HEARTBEAT } from "../../helpers/heartbeat-line.ts";
import type { ScrapeFixture } from "../../helpers/scrape-fixture.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

/** Writes a log with one heartbeat that has every well-known field. */
export default async function start(): Promise<ScrapeFixture> {
  const folder = await temporaryFolder();
  const file = await folder.write("app.log", `${JSON.stringify(DETAILED_HEARTBEAT)}\n`);
  return {
    modules: `  log: { prober: heartbeat_log, heartbeat_log: { paths: ["${folder.path}"] } }`,
    targets: `  - { name: log, module: log, target: "${file}" }`,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
