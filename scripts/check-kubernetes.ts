/**
 * Runs the tests with a real Kubernetes API server (`KUBERNETES` in vitest.config.ts): `npm run check:kubernetes`. It builds the API
 * server, etcd, kubectl and helm from Go modules into `.tools/go` first, once per machine. Needs Go, Linux and root, for the mount
 * namespaces in which replicas run as in pods. Arguments are passed on to vitest.
 */

import { goTool, isBuilt } from "../test/helpers/go-tools.ts";
import { runTests } from "./run-tests.ts";

const begin = performance.now();
const minutes = (): string => `${((performance.now() - begin) / 60_000).toFixed(1)} min`;
const say = (text: string): void => void process.stderr.write(`check:kubernetes: ${text}\n`);

for (const name of ["kube-apiserver", "kubectl", "etcd", "helm"] as const) {
  if (isBuilt(name)) continue;
  say(
    `building ${name}${name === "kube-apiserver" ? ", which takes some minutes and 3 GB of Go's cache" : ""}`,
  );
  await goTool(name);
}
say(`programs are there after ${minutes()}`);
process.exitCode = await runTests("TEST_KUBERNETES");
say(`took ${minutes()}`);
