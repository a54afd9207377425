/** A part of the code, and the tests in whose folders its faults have to be seen. */
export interface Place {
  readonly name: string;
  /** Files, by globs from the root of the repository. */
  readonly files: readonly string[];
  /** Test files and folders. Unused for rules, whose tests name the rules that they load. */
  readonly tests: readonly string[];
}

/** The places that {@link ../check-mutants.ts} looks at: what decides, what refuses, what bounds and what hides. */
export const PLACES: readonly Place[] = [
  { name: "failover", files: ["src/failover/*.ts"], tests: ["test/failover"] },
  {
    name: "leadership",
    files: ["src/leadership/machine.ts", "src/leadership/election.ts"],
    tests: ["test/leadership"],
  },
  {
    name: "heartbeats",
    files: ["src/heartbeats/machine.ts", "src/heartbeats/deadlines.ts", "src/heartbeats/awaited-run.ts"],
    tests: ["test/heartbeats"],
  },
  { name: "routing", files: ["src/routing/machine.ts"], tests: ["test/routing"] },
  { name: "dependencies", files: ["src/dependencies/machine.ts"], tests: ["test/dependencies"] },
  { name: "maintenance", files: ["src/maintenance/*.ts"], tests: ["test/maintenance"] },
  {
    name: "engine",
    files: [
      "src/engine/ask.ts",
      "src/engine/deadline.ts",
      "src/engine/recent-probes.ts",
      "src/engine/restored-results.ts",
      "src/engine/run-probe.ts",
      "src/engine/schedule.ts",
      "src/engine/stagger.ts",
    ],
    tests: ["test/engine"],
  },
  {
    name: "guards of probes",
    files: ["src/probers/address-policy.ts", "src/probers/network/resolve.ts"],
    tests: [
      "test/probers/http/address-policy.test.ts",
      "test/probers/host-spellings.test.ts",
      "test/probers/network",
    ],
  },
  {
    name: "guards of files",
    files: ["src/probers/heartbeat-log/allowed-files.ts"],
    tests: ["test/probers/heartbeat-log/files.test.ts", "test/probers/heartbeat-log/log-names.test.ts"],
  },
  {
    name: "guards of routes",
    files: [
      "src/server/token.ts",
      "src/server/control.ts",
      "src/server/own-credentials.ts",
      "src/server/local-request.ts",
      "src/server/body.ts",
      "src/core/auth-failures.ts",
    ],
    tests: [
      "test/server/token.test.ts",
      "test/server/control.test.ts",
      "test/server/notification.test.ts",
      "test/server/own-credentials.test.ts",
      "test/server/reload-access.test.ts",
      "test/server/body.test.ts",
    ],
  },
  {
    name: "limits",
    files: ["src/core/retry-after.ts", "src/core/truncate.ts", "src/core/bounded-cache.ts"],
    tests: ["test/core"],
  },
  { name: "limits of probes", files: ["src/engine/limits.ts"], tests: ["test/engine/limits.test.ts"] },
  {
    name: "limits of deliveries",
    files: ["src/notify/delivery/retry.ts", "src/notify/delivery/http-client.ts"],
    tests: ["test/notify/delivery"],
  },
  {
    name: "limits of actions",
    files: ["src/notify/actions/rate-limit.ts", "src/notify/actions/attempts.ts"],
    tests: ["test/notify/actions"],
  },
  {
    name: "redaction",
    files: [
      "src/config/document/redact.ts",
      "src/config/document/secrets.ts",
      "src/core/escape.ts",
      "src/core/secret.ts",
    ],
    tests: [
      "test/config/load.test.ts",
      "test/config/redact.test.ts",
      "test/config/secrets.test.ts",
      "test/config/bad-configs.test.ts",
      "test/core",
    ],
  },
  {
    name: "redaction of deliveries",
    files: ["src/notify/delivery/request-secrets.ts"],
    tests: ["test/notify/delivery"],
  },
  { name: "rules", files: ["rules/*.rules.yml"], tests: [] },
];
