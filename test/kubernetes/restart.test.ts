import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { notification } from "../notify/receiver.ts";
import { startCluster } from "./cluster.ts";
import { startPod } from "./pods.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/kubernetes-restart", import.meta.url));
const TOKEN = "alertmanager-of-the-test";

test("examples/kubernetes-restart restarts its Deployment, by the rights that it grants and no others", async () => {
  await using cluster = await startCluster();
  for (const namespace of ["monitoring", "llm"]) await cluster.kubectl(["create", "namespace", namespace]);
  await cluster.kubectl(["apply", "-k", EXAMPLE]);
  for (const name of ["interpreter", "other"])
    await cluster.kubectl(["-n", "llm", "create", "deployment", name, "--image=interpreter:1"]);
  const own = ["--namespace=monitoring", "get", "configmap", "heartbeat-exporter"];
  const config = await cluster.kubectl([...own, "--output=jsonpath={.data.exporter\\.yml}"]);
  const logs = new Map<string, string>();
  const restart = async (deployment: string): Promise<void> => {
    await using pod = await startPod(cluster, {
      namespace: "monitoring",
      name: `restarts-${deployment}`,
      ip: "127.1.2.1",
      account: "heartbeat-exporter",
      config: config
        .replace("https://kubernetes.default.svc", `https://127.0.0.1:${cluster.port}`)
        .replace("deployments/interpreter", `deployments/${deployment}`)
        .replace("http://interpreter.llm.svc:5120", "http://127.0.0.1:1")
        .replace(/^ *dry_run: true$/m, "    settle: 0s"),
      secrets: { "heartbeat-exporter/alertmanager": TOKEN },
    });
    const labels = { alertname: "HeartbeatCriticalTargetDown", target: "interpreter" };
    const response = await fetch(`${pod.exporter.url}/alertmanager/actions/restart`, {
      method: "POST",
      headers: { Authorization: `Bearer ${TOKEN}` },
      body: notification([{ labels }]),
    });
    expect(response.status).toBe(202);
    await pod.exporter.process.waitForOutput(/msg="action ended"/);
    logs.set(deployment, pod.exporter.process.output());
  };
  const restartedAt = (deployment: string): Promise<string> =>
    cluster.kubectl([
      "--namespace=llm",
      "get",
      "deployment",
      deployment,
      "--output=jsonpath={.spec.template.metadata.annotations.kubectl\\.kubernetes\\.io/restartedAt}",
    ]);
  await restart("interpreter");
  expect(Date.parse(await restartedAt("interpreter"))).toBeGreaterThan(Date.now() - 60_000);
  await restart("other");
  expect(await restartedAt("other")).toBe("");
  expect(logs.get("other")).toContain("403");
});
