import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The tests that take longest, most of them half a minute or more. `npm run check:long` runs them, and `npm test` the others. */
const LONG = [
  "test/long/**/*.test.ts",
  "test/app/address-secrets.test.ts",
  "test/app/stored-states.test.ts",
  "test/cli/config.test.ts",
  "test/cli/exit-codes.test.ts",
  "test/cli/import.test.ts",
  "test/cli/init.test.ts",
  "test/cli/probe-without-file.test.ts",
  "test/cli/probe.test.ts",
  "test/cli/report.test.ts",
  "test/client/follow.test.ts",
  "test/client/package.test.ts",
  "test/config/alert-thresholds.test.ts",
  "test/config/worker.test.ts",
  "test/deploy/**/*.test.ts",
  "test/differential/icmp.test.ts",
  "test/differential/probes.test.ts",
  "test/differential/routes.test.ts",
  "test/docs/site.test.ts",
  "test/docs/walkthrough.test.ts",
  "test/e2e/actions.test.ts",
  "test/e2e/clock-set.test.ts",
  "test/e2e/durable.test.ts",
  "test/e2e/environment.test.ts",
  "test/e2e/events.test.ts",
  "test/e2e/hanging-files.test.ts",
  "test/e2e/kill.test.ts",
  "test/e2e/leadership.test.ts",
  "test/e2e/lease-sets.test.ts",
  "test/e2e/lifecycle.test.ts",
  "test/e2e/listening.test.ts",
  "test/e2e/llama.test.ts",
  "test/e2e/llm-reasons.test.ts",
  "test/e2e/notify.test.ts",
  "test/e2e/pack.test.ts",
  "test/e2e/prometheus-operator.test.ts",
  "test/e2e/prometheus.test.ts",
  "test/e2e/relay-sequences.test.ts",
  "test/e2e/relay.test.ts",
  "test/e2e/report.test.ts",
  "test/e2e/routes.test.ts",
  "test/e2e/schedules.test.ts",
  "test/e2e/service-manager.test.ts",
  "test/e2e/special-files.test.ts",
  "test/e2e/stopped.test.ts",
  "test/e2e/storage-path.test.ts",
  "test/e2e/systemd-socket.test.ts",
  "test/e2e/unix-socket.test.ts",
  "test/e2e/web.test.ts",
  "test/e2e/why.test.ts",
  "test/engine/starvation.test.ts",
  "test/examples.test.ts",
  "test/examples/ping.test.ts",
  "test/image/**/*.test.ts",
  "test/interface.test.ts",
  "test/money/day.test.ts",
  "test/notify/webhooks/webhooks.test.ts",
  "test/npm-package.test.ts",
  "test/pack/alertmanager.test.ts",
  "test/pack/lengths.test.ts",
  "test/pack/look.test.ts",
  "test/pack/overview.test.ts",
  "test/pack/queries.test.ts",
  "test/pack/storms.test.ts",
  "test/page/page.test.ts",
  "test/page/policy.test.ts",
  "test/plugins/plugins.test.ts",
  "test/probers/heartbeat-log/dated-files.test.ts",
  "test/probers/http/large-bodies.test.ts",
  "test/probers/icmp/lab.test.ts",
  "test/probers/icmp/ping.test.ts",
  "test/probers/kubernetes-lease/sets.test.ts",
  "test/probers/llm/llama.test.ts",
  "test/probers/llm/segments.test.ts",
  "test/release/workflows.test.ts",
  "test/server/front/passwords.test.ts",
  "test/store/disk.test.ts",
  "test/store/lost.test.ts",
  "test/store/private-files.test.ts",
];

/** Where the files are that take longest, the longest first. */
const FIRST = [
  "test/long/stopped.",
  "test/e2e/pack.",
  "test/pack/",
  "test/e2e/",
  "test/probers/heartbeat-log/logrotate.",
  "test/cli/",
  "test/store/",
];

/** Starts the long files first, so that the run does not end with one worker busy and the others idle. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = FIRST.findIndex((part) => moduleId.includes(part));
      return found === -1 ? FIRST.length : found;
    };
    // oxlint-disable-next-line unicorn/no-array-sort -- a method of the sequencer, not of an array
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

/** Tests with a real Kubernetes API server, whose programs take about ten minutes to build: `npm run check:kubernetes`. */
const KUBERNETES = ["test/kubernetes/**/*.test.ts"];

/** Set by `npm run check:kubernetes` and by `npm run check:long`. */
const isKubernetes = process.env["TEST_KUBERNETES"] !== undefined;
const isLong = isKubernetes || process.env["TEST_LONG"] !== undefined;

export default defineConfig({
  test: {
    include: isKubernetes ? KUBERNETES : isLong ? LONG : ["test/**/*.test.ts"],
    exclude: isLong ? [] : [...LONG, ...KUBERNETES],
    globalSetup: ["test/page/assets.ts", "test/helpers/ping-on-path.ts"],
    // Waits end after a minute and name what they waited for (test/helpers/process.ts): a test may do so more than once.
    testTimeout: isLong ? 1_800_000 : 300_000,
    hookTimeout: 300_000,
    // Twice the cores of a small machine: many tests mostly wait for other programs. The longest start whole stacks of them,
    // whose probes time out when too much else runs.
    maxWorkers: isLong ? 2 : 4,
    // What a busy machine broke gets a second chance, which the last lines of `.ci/run` show.
    // oxlint-disable-next-line node/no-process-env -- set by `.ci/run`
    retry: isLong || process.env["CI"] !== undefined ? 1 : 0,
    sequence: { sequencer: LongestFirst },
  },
});
