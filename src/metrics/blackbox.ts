import { catalogue } from "../catalogue/index.ts";
import { type Sample, sample } from "../core/metric.ts";
import type { ReloadStatus } from "./reload-status.ts";

/** Names of processors in Go, where they differ from those of Node.js. */
const GO_PROCESSORS: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", mipsel: "mipsle" };

/** What blackbox_exporter exposes about itself, of this exporter. */
export interface BlackboxFacts extends ReloadStatus {
  readonly version: string;
  /** Number of requests for a module that is not configured. */
  readonly unknownModules: number;
}

/** Makes the samples that blackbox_exporter has about itself. What this exporter has no value for is `unknown`, as there. */
export function* blackboxSamples(facts: BlackboxFacts): Generator<Sample> {
  yield sample(catalogue.blackboxBuildInfo, 1, {
    version: facts.version,
    revision: "unknown",
    branch: "unknown",
    tags: "unknown",
    goversion: `node${process.versions.node}`,
    goos: process.platform,
    goarch: GO_PROCESSORS[process.arch] ?? process.arch,
  });
  yield sample(catalogue.blackboxReloadSuccessful, Number(facts.lastSuccessful));
  yield sample(catalogue.blackboxReloadTimestamp, facts.lastSuccessAt);
  yield sample(catalogue.blackboxUnknownModules, facts.unknownModules);
}
