import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { toMilliseconds } from "../../src/core/units.ts";
import { BUILD_DEADLINE } from "../helpers/go-tools.ts";
import {
  type Manifest,
  type PodTemplate,
  problemsOf,
  RELEASE,
  type Rendered,
  render,
  rendered,
} from "./chart.ts";

// The chart and the manifests for kubectl apply -k describe the same exporter. What differs is written down here.

const FOLDER = fileURLToPath(new URL("../../deploy/kubernetes", import.meta.url));
const FILES = [
  "exporter/config-map",
  "exporter/deployment",
  "exporter/persistent-volume-claim",
  "exporter/service-account",
  "exporter/service",
  "grafana/dashboards",
  "leases/role",
  "prometheus/prometheus-rule",
  "prometheus/service-monitor",
  "targets/scrape-config",
] as const;

const text = FILES.map((name) => readFileSync(`${FOLDER}/${name}.yaml`, "utf8")).join("\n---\n");
const plain = rendered(text);

/** A specification whose selector is by name alone in plain manifests, and by the release in the chart. */
interface Selecting {
  readonly selector: unknown;
}

let chart: Rendered;

beforeAll(async () => {
  chart = await render({
    apiKeys: { existingSecret: "heartbeat-exporter" },
    monitoring: {
      serviceMonitor: { enabled: true },
      scrapeConfig: { enabled: true },
      prometheusRule: { enabled: true },
    },
    dashboards: { enabled: true },
  });
}, toMilliseconds(BUILD_DEADLINE));

/** The pods of the Deployment of the plain manifests. */
const plainPods = (): PodTemplate => (plain.one("Deployment").spec as { template: PodTemplate }).template;

describe("the plain manifests and the chart agree about", () => {
  test("the container", () => {
    const [{ image, ...container }] = plainPods().spec.containers;
    const [{ image: ofChart, ...other }] = chart.pods().spec.containers;
    expect(other).toEqual({ ...container, imagePullPolicy: "IfNotPresent" });
    expect(ofChart.replace(/:.*/, "")).toBe(image);
  });

  test("the pod around it", () => {
    const { containers: _, volumes, serviceAccountName, ...pod } = plainPods().spec;
    const { containers: __, volumes: ofChart, serviceAccountName: account, ...other } = chart.pods().spec;
    expect(serviceAccountName).toBe("heartbeat-exporter");
    expect(account).toBe(RELEASE.fullname);
    // The chart lets pods ping only if icmp.enabled says so.
    const { sysctls, ...securityContext } = (pod as { securityContext: Record<string, unknown> })
      .securityContext;
    expect(sysctls).toEqual([{ name: "net.ipv4.ping_group_range", value: "0 2147483647" }]);
    // A pod of the chart says itself whether it has a token.
    expect(other).toEqual({
      ...pod,
      securityContext,
      automountServiceAccountToken: false,
      dnsPolicy: "ClusterFirst",
    });
    expect(plain.one("ServiceAccount")).toMatchObject({ automountServiceAccountToken: false });

    // The claim comes from the template of claims; the Secret that a value names has to exist.
    const named = (all: PodTemplate["spec"]["volumes"]) =>
      new Map(all.map((volume) => [volume.name, volume]));
    const [mine, theirs] = [named(volumes), named(ofChart)];
    expect(mine.get("data")).toEqual({
      name: "data",
      persistentVolumeClaim: { claimName: "heartbeat-exporter" },
    });
    expect([...theirs.keys()]).toEqual([...mine.keys()].filter((name) => name !== "data"));
    expect(theirs.get("tmp")).toEqual(mine.get("tmp"));
    expect(theirs.get("config")).toMatchObject({ configMap: { name: RELEASE.fullname } });
    expect(mine.get("secrets")).toEqual({
      name: "secrets",
      secret: { secretName: "heartbeat-exporter", optional: true, defaultMode: 0o440 },
    });
    expect(theirs.get("secrets")).toEqual({
      name: "secrets",
      secret: { secretName: "heartbeat-exporter", defaultMode: 0o440 },
    });
  });

  test("the volume, and that there is one exporter", () => {
    const { volumeClaimTemplates, replicas, ...spec } = chart.one("StatefulSet").spec as {
      volumeClaimTemplates: { spec: object }[];
      replicas: number;
      revisionHistoryLimit: number;
    };
    expect(volumeClaimTemplates.map(({ spec }) => spec)).toEqual([plain.one("PersistentVolumeClaim").spec]);
    expect(plain.one("Deployment").spec).toMatchObject({
      replicas,
      strategy: { type: "Recreate" },
      revisionHistoryLimit: spec.revisionHistoryLimit,
    });
  });

  test("the Service", () => {
    const { selector, ...spec } = plain.one("Service").spec as Selecting;
    const { selector: ofChart, ...other } = chart.one("Service", RELEASE.fullname).spec as Selecting;
    expect(other).toEqual({ ...spec, type: "ClusterIP" });
    expect(ofChart).toMatchObject(selector as object);
  });

  test("scrapes", () => {
    const { selector: _, ...spec } = plain.one("ServiceMonitor").spec as Selecting;
    const { selector, ...other } = chart.one("ServiceMonitor").spec as { selector: { matchLabels: object } };
    expect(other).toEqual({ ...spec, namespaceSelector: { matchNames: [RELEASE.namespace] } });
    // Once per pod: of the two Services that have it, one is selected.
    const selected = chart
      .all("Service")
      .filter(({ metadata }) =>
        Object.entries(selector.matchLabels).every(([name, value]) => metadata.labels?.[name] === value),
      );
    expect(selected.map(({ metadata }) => metadata.name)).toEqual([RELEASE.fullname]);
    const local = JSON.stringify(plain.one("ScrapeConfig").spec).replace(
      "heartbeat-exporter.monitoring",
      `${RELEASE.fullname}.${RELEASE.namespace}`,
    );
    expect(chart.one("ScrapeConfig").spec).toEqual(JSON.parse(local));
  });

  test("every rule", () => {
    const { groups } = chart.one("PrometheusRule").spec as { groups: object[] };
    expect(groups.length).toBeGreaterThan(10);
    expect({ groups }).toEqual(plain.one("PrometheusRule").spec);
  });

  test("every dashboard", () => {
    const dashboardsOf = (all: readonly Manifest[]) =>
      Object.fromEntries(
        all
          .filter(({ metadata }) => metadata.labels?.["grafana_dashboard"] === "1")
          .flatMap(({ metadata, data = {} }) =>
            Object.entries(data).map(([name, json]) => [name, [metadata.annotations, JSON.parse(json)]]),
          ),
      ) as Readonly<Record<string, unknown>>;
    const found = dashboardsOf(chart.all("ConfigMap"));
    expect(Object.keys(found).length).toBeGreaterThan(5);
    expect(found).toEqual(dashboardsOf(plain.all("ConfigMap")));
  });

  test("the permissions for the Lease of the leader", async () => {
    const elected = await render({
      replicas: 2,
      leaderElection: { enabled: true, leaseName: "heartbeat-exporter" },
    });
    const [ofProbes, ...ofElection] = plain.one("Role").rules ?? [];
    expect(elected.one("Role").rules).toEqual(ofElection);
    expect(ofProbes).toMatchObject({ verbs: ["get"] });
  });
});

test("an API server accepts the plain manifests, and their pods are restricted", async () => {
  expect(await problemsOf(text)).toEqual([]);
});
