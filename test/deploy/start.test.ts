import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { startExporter } from "../helpers/exporter.ts";
import { type Finished, run } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { RELEASE, type Rendered, render } from "./chart.ts";

describe("the exporter", () => {
  test.each([
    ["alone", {}],
    [
      "with everything that the chart adds to a configuration",
      {
        replicas: 2,
        leaderElection: { enabled: true },
        control: { existingSecret: "control" },
        web: { externalUrl: "https://example.com/hb" },
        config: { targets: [{ name: "a", module: "http_2xx", target: "http://127.0.0.1:9/" }] },
      },
    ],
    ["as a shard", { replicas: 2, sharding: { enabled: true } }],
  ])("starts %s with the flags, variables and files of the pod", async (_name, values) => {
    await using folder = await temporaryFolder();
    const token = await folder.write("token", "token-of-the-test");
    const chart = await render(values);
    const [container] = chart.pods().spec.containers;
    const local = (text: string): string =>
      text
        .replaceAll("/data/", `${folder.path}/`)
        .replaceAll("$(POD_NAME)", `${RELEASE.fullname}-1`)
        .replaceAll("/run/secrets/heartbeat-exporter-control/token", token);
    const yaml = local(chart.one("ConfigMap").data?.["exporter.yml"] ?? "");
    const config = parse(yaml) as { lease?: object };
    // A lease without an API server would be looked for in vain.
    const kubeconfig = await folder.write("kubeconfig", KUBECONFIG);
    const withCluster =
      config.lease === undefined ? config : { ...config, lease: { ...config.lease, kubeconfig } };
    await using exporter = await startExporter({
      yaml: stringify(withCluster),
      args: container.args.filter((arg) => !/^--(config\.file|log\.format)=/.test(arg)),
      env: Object.fromEntries(
        container.env.map(({ name, value = `${RELEASE.fullname}-1` }) => [name, local(value)]),
      ),
    });
    const { origin } = new URL(exporter.url);
    const prefix = container.livenessProbe?.httpGet?.path.replace("/-/healthy", "") ?? "";
    expect(await helmTest(chart, `${origin}${prefix}`)).toMatchObject({ code: 0 });
    expect(await helmTest(chart, `${origin}/elsewhere`)).toMatchObject({ code: 1 });
    expect(await helmTest(chart, "http://127.0.0.1:9")).toMatchObject({ code: 1 });
    for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
      const path = probe?.httpGet?.path ?? "";
      expect({ path, status: (await fetch(`${origin}${path}`)).status }).toEqual({ path, status: 200 });
    }
    expect(readdirSync(folder.path)).toContain("store.db");
    expect(exporter.process.output()).not.toMatch(/unknown variable|have no effect/);
  });
});

/** Runs what `helm test` runs, with another address than that of the Service. */
function helmTest(chart: Rendered, url: string): Promise<Finished> {
  const pod = chart.one("Pod", `${RELEASE.fullname}-test`).spec as { containers: [{ command: string[] }] };
  const [node, ...args] = pod.containers[0].command;
  expect(node).toBe("node");
  expect(args.at(-1)).toMatch(/^https?:\/\/hb-heartbeat-exporter\.observability\.svc:8091/);
  return run([process.execPath, ...args.slice(0, -1), url]);
}

/** A cluster that refuses connections. */
const KUBECONFIG = stringify({
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name: "none", cluster: { server: "http://127.0.0.1:9" } }],
  contexts: [{ name: "none", context: { cluster: "none", user: "none" } }],
  users: [{ name: "none", user: {} }],
  "current-context": "none",
});
