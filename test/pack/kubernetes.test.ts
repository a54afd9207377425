import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { runMain, startExporter } from "../helpers/exporter.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { runTool } from "../helpers/tools.ts";
import { readDashboards } from "./queries.ts";

const FOLDER = fileURLToPath(new URL("../../deploy/kubernetes", import.meta.url));
const NAME = { "app.kubernetes.io/name": "heartbeat-exporter" };

interface Kustomization {
  readonly kind: string;
  readonly namespace?: string;
  readonly resources: readonly string[];
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
}

const yamlFiles = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".yaml"),
);
const kustomizations = yamlFiles.filter((name) => name.endsWith("kustomization.yaml"));
const manifests = yamlFiles
  .filter((name) => !kustomizations.includes(name))
  .flatMap((name) =>
    parseAllDocuments(readFileSync(join(FOLDER, name), "utf8")).map((document) => {
      for (const error of [...document.errors, ...document.warnings]) throw error;
      return document.toJS() as Manifest;
    }),
  );

function theOne(kind: string): Manifest {
  const [found, ...others] = manifests.filter((manifest) => manifest.kind === kind);
  if (found === undefined || others.length > 0) throw new Error(`want one ${kind}, got ${others.length + 1}`);
  return found;
}

interface ProbeSpec {
  readonly prober: object;
  readonly module: string;
  readonly interval: string;
  readonly scrapeTimeout: string;
  readonly targets: Readonly<Record<string, object>>;
}

interface Deployment {
  readonly replicas: number;
  readonly strategy: { readonly type: string };
  readonly selector: { readonly matchLabels: object };
  readonly template: {
    readonly metadata: { readonly labels: object };
    readonly spec: {
      readonly serviceAccountName: string;
      readonly securityContext: object;
      readonly volumes: readonly {
        readonly name: string;
        readonly configMap?: { readonly name: string };
        readonly persistentVolumeClaim?: { readonly claimName: string };
      }[];
      readonly containers: readonly {
        readonly args: readonly string[];
        readonly env: readonly { readonly name: string; readonly value: string }[];
        readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
        readonly securityContext: object;
        readonly startupProbe: { readonly httpGet: { readonly path: string; readonly port: string } };
        readonly livenessProbe: { readonly httpGet: { readonly path: string; readonly port: string } };
        readonly readinessProbe: { readonly httpGet: { readonly path: string; readonly port: string } };
        readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
      }[];
    };
  };
}

const deployment = theOne("Deployment").spec as Deployment;
const pod = deployment.template.spec;
const [container] = pod.containers;
if (container === undefined) throw new Error("no container");

describe("the Kubernetes manifests", () => {
  test("are all listed by kustomizations, which list nothing else", () => {
    const named = kustomizations.flatMap((name) => {
      const { resources } = parse(readFileSync(join(FOLDER, name), "utf8")) as Kustomization;
      return resources.map((resource) => join(dirname(name), resource));
    });
    for (const path of named)
      expect({ path, there: existsSync(join(FOLDER, path)) }).toEqual({ path, there: true });
    const plain = yamlFiles.filter((name) => !kustomizations.includes(name));
    expect(named.filter((path) => path.endsWith(".yaml")).toSorted()).toEqual(plain.toSorted());
  });

  test("have unique kinds and names, and carry the label of the exporter", () => {
    const ids = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { metadata } of manifests) expect(metadata.labels).toMatchObject(NAME);
  });

  test("run the exporter without privileges", () => {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(manifests.find(({ kind }) => kind === "ServiceAccount")).toMatchObject({
      metadata: { name: pod.serviceAccountName },
      automountServiceAccountToken: false,
    });
  });

  test("never run two exporters, which would prompt models twice", () => {
    expect(deployment).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
  });

  test("keep the state on a claim that a restart finds again", () => {
    const claim = theOne("PersistentVolumeClaim");
    expect(pod.volumes).toContainEqual({
      name: "data",
      persistentVolumeClaim: { claimName: claim.metadata.name },
    });
    expect(claim.spec).toMatchObject({ accessModes: ["ReadWriteOnce"] });
    expect(container.env).toEqual([{ name: "HEARTBEAT_STORAGE_PATH", value: `${mountOf("data")}/store.db` }]);
    expect(pod.securityContext).toMatchObject({ fsGroup: 1000 });
  });

  test("grant what the lease needs, and no more", () => {
    const [readable, creatable, own] = (theOne("Role") as unknown as { rules: object[] }).rules;
    expect(readable).toMatchObject({ resources: ["leases"], verbs: ["get"] });
    expect(creatable).toMatchObject({ resources: ["leases"], verbs: ["create"] });
    expect(own).toMatchObject({ resourceNames: ["heartbeat-exporter"], verbs: ["get", "update"] });
  });

  test("refer to each other's labels, names and ports", () => {
    const { selector, template } = deployment;
    expect(selector.matchLabels).toEqual(NAME);
    expect(template.metadata.labels).toEqual(NAME);
    const service = theOne("Service");
    const { selector: selected, ports } = service.spec as {
      selector: object;
      ports: { name: string; port: number; targetPort: string }[];
    };
    expect(selected).toEqual(NAME);
    expect(container.ports.map(({ name }) => name)).toEqual(ports.map(({ targetPort }) => targetPort));
    const monitor = theOne("ServiceMonitor").spec as {
      selector: { matchLabels: object };
      endpoints: { port: string }[];
    };
    expect(monitor.selector.matchLabels).toEqual(NAME);
    expect(monitor.endpoints.map(({ port }) => port)).toEqual(ports.map(({ name }) => name));
    const maps = pod.volumes.flatMap(({ configMap }) => configMap?.name ?? []);
    expect(maps).toEqual(["heartbeat-exporter"]);
    expect(container.volumeMounts.map(({ name }) => name)).toEqual(pod.volumes.map(({ name }) => name));
    const { namespace } = parse(readFileSync(join(FOLDER, "kustomization.yaml"), "utf8")) as Kustomization;
    const [port] = ports;
    const { httpSDConfigs } = theOne("ScrapeConfig").spec as { httpSDConfigs: { url: string }[] };
    expect(httpSDConfigs.map(({ url }) => url)).toEqual([
      `http://${service.metadata.name}.${namespace}.svc:${port?.port}/sd`,
    ]);
  });

  test("probe through the exporter's service by its modules, in the words of the operator's schema", () => {
    const { namespace } = parse(readFileSync(join(FOLDER, "kustomization.yaml"), "utf8")) as Kustomization;
    const config = parse(configMap("heartbeat-exporter")["exporter.yml"] ?? "") as { modules: object };
    const service = theOne("Service");
    const { ports } = service.spec as { ports: { port: number }[] };
    const probes = manifests.filter(({ kind }) => kind === "Probe").map(({ spec }) => spec as ProbeSpec);
    expect(probes.length).toBeGreaterThan(1);
    for (const { prober, module, interval, scrapeTimeout, targets, ...others } of probes) {
      expect(prober).toEqual({
        url: `${service.metadata.name}.${namespace}.svc:${ports[0]?.port}`,
        path: "/probe",
      });
      expect(Object.keys(config.modules)).toContain(module);
      for (const duration of [interval, scrapeTimeout]) expect(duration).toMatch(/^\d+[sm]$/);
      expect(others).toEqual({});
      const [kind, ...more] = Object.entries(targets);
      expect(more).toEqual([]);
      // The operator drops a key that its schema does not have.
      const known = { staticConfig: ["static", "labels"], ingress: ["selector", "namespaceSelector"] };
      expect(Object.keys(kind?.[1] ?? {})).toEqual(known[kind?.[0] as keyof typeof known]);
    }
  });

  test("start the exporter with a valid configuration and flags, on the port and paths of the probes", async () => {
    const [name, yaml] = Object.entries(configMap("heartbeat-exporter"))[0] ?? ["", ""];
    const mountPath = mountOf("config");
    expect(container.args).toContain(`--config.file=${mountPath}/${name}`);
    const args = [
      ...container.args.filter((arg) => !/^--(config\.file|log\.format)=/.test(arg)),
      "--log.format=logfmt",
    ];
    await using state = await temporaryFolder();
    const env = Object.fromEntries(
      container.env.map(({ name, value }) => [name, value.replace(`${mountOf("data")}/`, `${state.path}/`)]),
    );
    await using exporter = await startExporter({ yaml, args, env });
    expect(readdirSync(state.path)).toContain("store.db");
    for (const { httpGet } of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
      expect(httpGet.port).toBe("http");
      await exporter.get(httpGet.path);
    }
    await exporter.get("/sd");
    expect(container.ports).toEqual([{ name: "http", containerPort: 8091 }]);
  });

  test("would not start with an unknown flag, so the test above can fail", async () => {
    await using run = runMain(["--no.such.flag"]);
    expect((await run.exited).code).toBe(2);
  });

  test("contain every dashboard, each small enough for a ConfigMap", () => {
    const found = manifests.filter(({ metadata }) => metadata.labels["grafana_dashboard"] === "1");
    const held = new Map(found.flatMap(({ data = {} }) => Object.entries(data)));
    expect(held.size).toBe(found.length);
    for (const [name, dashboard] of readDashboards()) {
      const text = held.get(`heartbeat-${name}.json`) ?? "";
      expect(JSON.parse(text)).toEqual(dashboard);
      expect(text.length).toBeLessThan(500_000);
    }
    expect(held.size).toBe(readDashboards().size);
  });

  test.each(["bookworm", "newest"] as const)("contain rules that promtool %s accepts", async (version) => {
    const spec = theOne("PrometheusRule").spec as { groups: { name: string; rules: object[] }[] };
    await using folder = await temporaryFolder();
    const file = await folder.write("all.rules.yml", stringify(spec));
    const { code, stderr } = await runTool("promtool", version, ["check", "rules", file]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    // The operator's schema allows no other keys.
    const keys = new Set(spec.groups.flatMap(({ rules }) => rules.flatMap((rule) => Object.keys(rule))));
    const allowed = new Set(["alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"]);
    expect([...keys].filter((key) => !allowed.has(key))).toEqual([]);
    const names = spec.groups.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

function mountOf(volume: string): string {
  const mount = container?.volumeMounts.find(({ name }) => name === volume);
  if (mount === undefined) throw new Error(`the volume ${volume} is not mounted`);
  return mount.mountPath;
}

function configMap(name: string): Readonly<Record<string, string>> {
  return manifests.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === name)?.data ?? {};
}
