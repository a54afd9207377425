import { expect } from "vitest";
import { parse } from "yaml";
import { VERSION } from "../../src/core/version.ts";
import { RELEASE, type Rendered } from "./chart.ts";

const PODS = `${RELEASE.fullname}-pods.${RELEASE.namespace}.svc:8091`;

const configOf = (chart: Rendered): Record<string, unknown> =>
  parse(chart.one("ConfigMap", RELEASE.fullname).data?.["exporter.yml"] ?? "") as Record<string, unknown>;

/** Values of the chart, and what has to come of them beside a valid manifest. */
export interface ChartCase {
  readonly name: string;
  readonly values: object;
  readonly check: (chart: Rendered) => void;
}

/** Values for what users do with the chart. */
export const CHART_CASES: readonly ChartCase[] = [
  {
    name: "the defaults: one replica that keeps its state",
    values: {},
    check: (chart) => {
      expect(chart.manifests.map(({ kind }) => kind).toSorted()).toEqual([
        "ConfigMap",
        "Pod",
        "Service",
        "Service",
        "ServiceAccount",
        "StatefulSet",
      ]);
      const { spec } = chart.pods();
      expect(spec.automountServiceAccountToken).toBe(false);
      expect(spec.containers[0].image).toBe(`heartbeat-exporter:${VERSION}`);
      expect(chart.one("StatefulSet").spec).toMatchObject({
        replicas: 1,
        serviceName: `${RELEASE.fullname}-pods`,
        volumeClaimTemplates: [
          {
            metadata: { name: "data" },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "2Gi" } } },
          },
        ],
      });
      expect(spec).not.toHaveProperty("topologySpreadConstraints");
      expect(spec.containers[0]).not.toHaveProperty("lifecycle");
      expect(spec.securityContext).not.toHaveProperty("sysctls");
    },
  },
  {
    name: "replicas that elect a leader",
    values: {
      replicas: 2,
      leaderElection: { enabled: true },
      config: { lease: { duration: "20s" } },
      probedLeases: [{ namespace: "kcp", name: "syncer" }, { name: "own" }],
      watchedLeases: ["kube-node-lease", "kcp"],
    },
    check: (chart) => {
      expect(chart.pods().spec.containers[0]).toMatchObject({
        lifecycle: { preStop: { exec: { command: ["sleep", "5"] } } },
      });
      expect(configOf(chart)["lease"]).toEqual({
        name: RELEASE.fullname,
        namespace: RELEASE.namespace,
        duration: "20s",
        advertise_url: `http://\${POD_NAME}.${PODS}`,
      });
      const roles = chart.all("Role");
      expect(roles.map(({ metadata, rules }) => [metadata.namespace, rules])).toEqual([
        ["kcp", [rule(["get"], "syncer"), rule(["list", "watch"])]],
        ["kube-node-lease", [rule(["list", "watch"])]],
        [
          RELEASE.namespace,
          [rule(["create"]), rule(["get", "update"], RELEASE.fullname), rule(["get"], "own")],
        ],
      ]);
      for (const binding of chart.all("RoleBinding")) {
        expect(binding).toMatchObject({
          roleRef: { kind: "Role", name: RELEASE.fullname },
          subjects: [{ kind: "ServiceAccount", name: RELEASE.fullname, namespace: RELEASE.namespace }],
        });
      }
      const { spec } = chart.pods();
      expect(spec.automountServiceAccountToken).toBe(true);
      expect(spec.containers[0].env).toContainEqual({
        name: "POD_NAME",
        valueFrom: { fieldRef: { fieldPath: "metadata.name" } },
      });
      expect(spec["topologySpreadConstraints"]).toMatchObject([
        { topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway" },
        { topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" },
      ]);
    },
  },
  {
    name: "shards",
    values: { replicas: 3, sharding: { enabled: true }, monitoring: { scrapeConfig: { enabled: true } } },
    check: (chart) => {
      const env = Object.fromEntries(
        chart.pods().spec.containers[0].env.map(({ name, value }) => [name, value]),
      );
      expect(env).toMatchObject({
        HEARTBEAT_SHARD: "$(POD_NAME)",
        HEARTBEAT_TOTAL_SHARDS: "3",
        HEARTBEAT_SHARD_URL: `http://${RELEASE.fullname}-{shard}.${PODS}`,
      });
      const { httpSDConfigs } = chart.one("ScrapeConfig").spec as { httpSDConfigs: { url: string }[] };
      expect(httpSDConfigs.map(({ url }) => url)).toEqual(
        [0, 1, 2].map((shard) => `http://${RELEASE.fullname}-${shard}.${PODS}/sd`),
      );
      expect(chart.all("Role")).toEqual([]);
    },
  },
  {
    name: "a port that strangers reach",
    values: { web: { enableProbeAny: false } },
    check: (chart) => {
      const [container] = chart.pods().spec.containers;
      expect(container.args).toContain("--web.enable-probe-any=false");
    },
  },
  {
    name: "an ingress alone, whose first host is how people reach it",
    values: {
      ingress: {
        enabled: true,
        hosts: [{ host: "status.example.com" }, { host: "b.example.com" }],
        tls: [{ secretName: "tls", hosts: ["status.example.com"] }],
      },
    },
    check: (chart) => {
      const [container] = chart.pods().spec.containers;
      expect(container.args).toContain("--web.external-url=https://status.example.com/");
    },
  },
  {
    name: "HTTPS below a prefix, reached from outside",
    values: {
      web: { externalUrl: "https://example.com/hb/", existingSecret: "web", https: true },
      ingress: {
        enabled: true,
        className: "nginx",
        hosts: [{ host: "example.com" }, { host: "b.example.com", paths: [{ path: "/hb/ping" }] }],
        tls: [{ secretName: "tls", hosts: ["example.com"] }],
      },
      monitoring: {
        labels: { release: "prometheus" },
        namespace: "prometheus",
        serviceMonitor: { enabled: true, endpoint: { tlsConfig: { serverName: "example.com" } } },
        probes: [
          { name: "sites", module: "http_2xx", targets: { staticConfig: { static: ["https://a.test"] } } },
        ],
      },
    },
    check: (chart) => {
      const [container] = chart.pods().spec.containers;
      expect(container.args).toContain("--web.config.file=/etc/heartbeat-exporter-web/web.yml");
      expect(container.livenessProbe?.httpGet).toEqual({
        path: "/hb/-/healthy",
        port: "http",
        scheme: "HTTPS",
      });
      expect(container.readinessProbe?.httpGet?.path).toBe("/hb/-/ready");
      const { rules } = chart.one("Ingress").spec as { rules: { http: { paths: object[] } }[] };
      expect(rules.map(({ http }) => http.paths)).toMatchObject([
        [{ path: "/hb", pathType: "Prefix" }],
        [{ path: "/hb/ping", pathType: "Prefix" }],
      ]);
      const monitor = chart.one("ServiceMonitor");
      expect(monitor.metadata).toMatchObject({ namespace: "prometheus", labels: { release: "prometheus" } });
      expect(monitor.spec).toMatchObject({
        namespaceSelector: { matchNames: [RELEASE.namespace] },
        endpoints: [{ path: "/hb/metrics", scheme: "https", tlsConfig: { serverName: "example.com" } }],
      });
      expect(chart.one("Probe").spec).toEqual({
        module: "http_2xx",
        prober: {
          url: `${RELEASE.fullname}.${RELEASE.namespace}.svc:8091`,
          scheme: "https",
          path: "/hb/probe",
        },
        targets: { staticConfig: { static: ["https://a.test"] } },
      });
    },
  },
  {
    name: "passwords, which the kubelet does not know",
    values: { web: { existingSecret: "web", requiresCredentials: true } },
    check: (chart) => {
      const { startupProbe, livenessProbe, readinessProbe } = chart.pods().spec.containers[0];
      for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
        expect(probe).toMatchObject({ tcpSocket: { port: "http" } });
        expect(probe).not.toHaveProperty("httpGet");
      }
      expect(chart.all("Pod")).toEqual([]);
    },
  },
  {
    name: "secrets, each in a folder of its own",
    values: {
      apiKeys: { existingSecret: "keys" },
      control: { existingSecret: "control", key: "bearer" },
    },
    check: (chart) => {
      expect(configOf(chart)["control"]).toEqual({
        token_file: "/run/secrets/heartbeat-exporter-control/token",
      });
      expect(chart.pods().spec.volumes).toMatchObject([
        {},
        {},
        { secret: { secretName: "keys", defaultMode: 0o440 } },
        { secret: { secretName: "control", items: [{ key: "bearer", path: "token" }] } },
      ]);
    },
  },
  {
    name: "environment variables in place of a configuration",
    values: {
      config: null,
      control: { existingSecret: "control" },
      extraEnv: [{ name: "HEARTBEAT_LLM_URL", value: "http://llama:8080/v1" }],
    },
    check: (chart) => {
      expect(chart.all("ConfigMap")).toEqual([]);
      const [{ args, env }] = chart.pods().spec.containers;
      expect(args).toEqual(["--log.format=json"]);
      expect(env).toEqual([
        { name: "HEARTBEAT_STORAGE_PATH", value: "/data/store.db" },
        {
          name: "HEARTBEAT_CONTROL_TOKEN_FILE",
          value: "/run/secrets/heartbeat-exporter-control/token",
        },
        { name: "HEARTBEAT_LLM_URL", value: "http://llama:8080/v1" },
      ]);
    },
  },
  {
    name: "a ConfigMap of the operator's own, and a volume",
    values: { existingConfigMap: "own", persistence: { existingClaim: "state" } },
    check: (chart) => {
      expect(chart.all("ConfigMap")).toEqual([]);
      expect(chart.pods().spec.volumes).toMatchObject([
        { name: "data", persistentVolumeClaim: { claimName: "state" } },
        { name: "tmp" },
        { name: "config", configMap: { name: "own" } },
      ]);
      expect(chart.one("StatefulSet").spec).not.toHaveProperty("volumeClaimTemplates");
    },
  },
  {
    name: "pings of the icmp prober",
    values: { icmp: { enabled: true } },
    check: (chart) => {
      expect(chart.pods().spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        sysctls: [{ name: "net.ipv4.ping_group_range", value: "0 2147483647" }],
      });
    },
  },
  {
    name: "ids of OpenShift, and no volume",
    values: {
      podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null },
      persistence: { enabled: false },
      startupProbe: null,
    },
    check: (chart) => {
      expect(chart.pods().spec.securityContext).toEqual({
        runAsNonRoot: true,
        fsGroupChangePolicy: "OnRootMismatch",
        seccompProfile: { type: "RuntimeDefault" },
      });
      expect(chart.pods().spec.volumes[0]).toEqual({ name: "data", emptyDir: {} });
      expect(chart.pods().spec.containers[0]).not.toHaveProperty("startupProbe");
    },
  },
  {
    name: "everything else that may be set",
    values: {
      image: { digest: `sha256:${"a".repeat(64)}` },
      imagePullSecrets: [{ name: "registry" }],
      restartOnConfigChange: true,
      config: { modules: { chat: { prober: "llm", llm: { max_tokens: 1_000_000 } } } },
      log: { level: "debug", format: "logfmt" },
      extraArgs: ["--history.limit=500"],
      extraEnvFrom: [{ secretRef: { name: "more" } }],
      service: { type: "NodePort", port: 80, spec: { ipFamilyPolicy: "PreferDualStack" } },
      networkPolicy: {
        enabled: true,
        from: [{ namespaceSelector: { matchLabels: { team: "a" } } }],
        egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }],
      },
      podDisruptionBudget: { enabled: true, maxUnavailable: "50%" },
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "DoNotSchedule" },
      ],
      nodeSelector: { disk: "ssd" },
      tolerations: [{ key: "a", operator: "Exists" }],
      affinity: { podAntiAffinity: {} },
      priorityClassName: "high",
      runtimeClassName: "gvisor",
      dnsConfig: { options: [{ name: "ndots", value: "1" }] },
      hostAliases: [{ ip: "10.0.0.1", hostnames: ["llm.test"] }],
      podAnnotations: { a: "b" },
      podLabels: { team: "platform", "app.kubernetes.io/name": "cannot-change-the-selector" },
      commonLabels: { team: "all" },
      lifecycle: { preStop: { sleep: { seconds: 1 } } },
      extraVolumes: [{ name: "ca", configMap: { name: "ca" } }],
      extraVolumeMounts: [{ name: "ca", mountPath: "/etc/ca" }],
      initContainers: [container("init")],
      extraContainers: [container("beside")],
      extraObjects: [
        { apiVersion: "v1", kind: "Secret", metadata: { name: "{{ .Release.Name }}-a" } },
        "apiVersion: v1\nkind: Secret\nmetadata: { name: b }\n",
      ],
      global: { imageRegistry: "ignored" },
    },
    check: (chart) => {
      expect(chart.all("Secret").map(({ metadata }) => metadata.name)).toEqual(["hb-a", "b"]);
      const { metadata, spec } = chart.pods();
      expect(metadata.labels).toEqual({
        "app.kubernetes.io/name": "heartbeat-exporter",
        "app.kubernetes.io/instance": RELEASE.name,
        team: "platform",
      });
      expect(metadata.annotations).toMatchObject({ a: "b", "checksum/config": expect.any(String) });
      expect(spec.containers[0].image).toBe(`heartbeat-exporter@sha256:${"a".repeat(64)}`);
      expect(spec.containers[0].args.slice(2)).toEqual([
        "--log.format=logfmt",
        "--log.level=debug",
        "--history.limit=500",
      ]);
      expect(chart.one("ConfigMap").data?.["exporter.yml"]).toContain("max_tokens: 1000000\n");
      expect(chart.one("NetworkPolicy").spec).toMatchObject({ policyTypes: ["Ingress", "Egress"] });
    },
  },
];

const rule = (verbs: readonly string[], name?: string): object => ({
  apiGroups: ["coordination.k8s.io"],
  resources: ["leases"],
  verbs,
  ...(name === undefined ? {} : { resourceNames: [name] }),
});

function container(name: string): object {
  return {
    name,
    image: "busybox",
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  };
}
