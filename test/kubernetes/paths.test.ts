import { cpSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { toMilliseconds } from "../../src/core/units.ts";
import { BUILD_DEADLINE, goTool } from "../helpers/go-tools.ts";
import { run } from "../helpers/process.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { operatorCrds } from "./operator-crds.ts";

// Every way to install that a page or an example describes, by its letter, on a real API server. No pods run: each is sent to the API
// server as its controller would, to a namespace of the level `restricted`.

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** A command of a page, and the page. */
interface Command {
  readonly page: string;
  readonly text: string;
}

/** Pages with commands for a cluster. Runbooks are for clusters that run already. */
const PAGES = [
  "README.md",
  "deploy/helm/heartbeat-exporter/README.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md") && !name.startsWith("runbooks/") && !name.includes("node_modules"))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(ROOT, "examples"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.startsWith("kubernetes-") && /\.ya?ml$/.test(name))
    .map((name) => `examples/${name}`),
];

/** The lines of a page that begin with kubectl or helm, with those that continue them. Examples have them in comments. */
const commandsOf = (page: string): readonly Command[] =>
  [...read(page).matchAll(/^(?:#\s+)?((?:kubectl|helm|sed) (?:[^\n]*\\\n)*[^\n]*)$/gm)].map(
    ([, text = ""]) => ({
      page,
      text: text.replaceAll("\\\n", ""),
    }),
  );

/** Commands that need what this cluster does not have, and what that is. */
const NOT_RUN: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^helm test /, "a pod that runs"],
  [/ rollout status /, "a pod that runs"],
  [/ logs /, "a pod that runs"],
  [/ delete statefulset | patch pvc /, "a claim that a controller has made"],
  [/^helm upgrade \.\.\. /, "its release: it names none"],
];

/** A shell in a copy of the repository's files, as one who follows the pages has it, with kubectl and helm on its path. */
interface Workplace {
  readonly cluster: Cluster;
  readonly folder: string;
  /** Runs the commands, which must succeed, and returns what they print. */
  readonly sh: (...commands: readonly string[]) => Promise<string>;
}

/** Runs `work` in a workplace with an empty cluster, on which the Prometheus operator's resources are defined. */
async function inWorkplace(work: (place: Workplace) => Promise<void>): Promise<void> {
  await using cluster = await startCluster();
  const folder = join(cluster.folder.path, "work");
  for (const name of ["deploy", "examples", "rules", "dashboards"])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true, verbatimSymlinks: true });
  for (const name of ["kubectl", "helm"] as const) symlinkSync(await goTool(name), join(folder, name));
  const env = {
    ...cluster.env,
    PATH: `${folder}:${process.env["PATH"]}`,
    HELM_CACHE_HOME: `${folder}/cache`,
  };
  const sh: Workplace["sh"] = async (...commands) => {
    const { code, stdout, stderr } = await run(["sh", "-ec", commands.join("\n")], { cwd: folder, env });
    expect({ commands, code, stderr: code === 0 ? "" : stderr }).toEqual({ commands, code: 0, stderr: "" });
    return stdout;
  };
  await sh(
    `kubectl apply --server-side -f ${await operatorCrds()}`,
    "kubectl wait --for=condition=Established crd --all",
    "echo sk-test > openai.key",
  );
  await work({ cluster, folder, sh });
}

interface Workload {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: { readonly volumes?: readonly object[]; readonly serviceAccountName?: string };
    };
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
  };
}

/** What the API server made of a pod. */
interface AdmittedPod {
  readonly status: number;
  readonly message?: string;
  readonly spec?: { readonly volumes: readonly { readonly name: string }[] };
}

/**
 * Sends the pods of the namespace's workloads as their controllers would, in the level `restricted`, without creating them, and returns
 * which of them get a token of their account.
 */
async function admitPods(
  { cluster }: Workplace,
  namespace: string,
): Promise<Record<string, "token" | "no token">> {
  await cluster.kubectl([
    "label",
    "--overwrite",
    "namespace",
    namespace,
    "pod-security.kubernetes.io/enforce=restricted",
  ]);
  // A controller makes it, and admission waits for it.
  await cluster.tryKubectl(["create", "serviceaccount", "default", "-n", namespace]);
  const list = await cluster.kubectl([
    "get",
    "deployments,statefulsets,daemonsets",
    "-n",
    namespace,
    "-o",
    "json",
  ]);
  const { items } = JSON.parse(list) as { readonly items: readonly Workload[] };
  const found: Record<string, "token" | "no token"> = {};
  for (const { kind, metadata, spec } of items) {
    const claims = (spec.volumeClaimTemplates ?? []).map(({ metadata: { name } }) => ({
      name,
      persistentVolumeClaim: { claimName: name },
    }));
    const { status, body } = await cluster.api("POST", `/api/v1/namespaces/${namespace}/pods?dryRun=All`, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: metadata.name, labels: spec.template.metadata.labels },
      spec: { ...spec.template.spec, volumes: [...(spec.template.spec.volumes ?? []), ...claims] },
    });
    const pod = { status, ...body } as AdmittedPod;
    expect({ kind, ...metadata, status, message: pod.message }).toMatchObject({ status: 201 });
    const hasToken = pod.spec?.volumes.some(({ name }) => name.startsWith("kube-api-access")) === true;
    found[`${kind}/${metadata.name}`] = hasToken ? "token" : "no token";
  }
  return found;
}

/** Names of objects that the pages speak of, and one of which none does. */
const NAMES = [
  "heartbeat-exporter",
  "heartbeat-heartbeat-exporter",
  "heartbeat-pair",
  "syncer-heartbeat",
  "interpreter",
  "other",
] as const;

/** Asserts what an account may do, and nothing else with Leases and Deployments of these namespaces. */
async function expectRights(
  { cluster }: Workplace,
  account: string,
  allowed: readonly string[],
  namespaces: readonly string[],
): Promise<void> {
  const found: string[] = [];
  for (const namespace of namespaces)
    for (const [group, resource] of [
      ["coordination.k8s.io", "leases"],
      ["apps", "deployments"],
      ["", "secrets"],
    ])
      for (const verb of ["get", "list", "watch", "create", "update", "patch", "delete"])
        for (const name of ["create", "list", "watch"].includes(verb) ? [""] : NAMES) {
          const { body } = await cluster.api("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {
            apiVersion: "authorization.k8s.io/v1",
            kind: "SubjectAccessReview",
            spec: {
              user: `system:serviceaccount:${account}`,
              resourceAttributes: { namespace, verb, group, resource, name },
            },
          });
          const { allowed: isAllowed } = body["status"] as { readonly allowed: boolean };
          if (isAllowed) found.push(`${verb} ${resource} ${namespace}/${name}`);
        }
  expect(found.toSorted()).toEqual(allowed.toSorted());
}

/** Commands that a test has run, by which the last test knows those that none has. */
const ran = new Set<string>();

/** Returns the commands of a page that match, and marks them as run. */
function take(page: string, pattern: RegExp): readonly string[] {
  const found = commandsOf(page).filter(
    ({ text }) => pattern.test(text) && !NOT_RUN.some(([not]) => not.test(text)),
  );
  expect(found).not.toEqual([]);
  for (const { text } of found) ran.add(`${page}: ${text}`);
  return found.map(({ text }) => text);
}

/** Returns the block of YAML on a page that begins with a line. */
function blockOf(page: string, begin: RegExp): string {
  const blocks = [...read(page).matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, yaml = ""]) => yaml);
  const block = blocks.find((yaml) => begin.test(yaml));
  if (block === undefined) throw new Error(`${page} has no block like ${begin}`);
  return block;
}

const HELM_PAGE = "deploy/helm/heartbeat-exporter/README.md";
const PAIR = "examples/kubernetes-lease/kubernetes.yml";

beforeAll(async () => {
  for (const name of ["kube-apiserver", "kubectl", "etcd", "helm"] as const) await goTool(name);
}, toMilliseconds(BUILD_DEADLINE));

describe("the chart", () => {
  test("is installed and upgraded by the commands of docs/kubernetes.md", () =>
    inWorkplace(async (place) => {
      await place.cluster.folder.write("work/values.yaml", blockOf("docs/kubernetes.md", /^# values\.yaml/));
      await place.sh(
        ...take("docs/kubernetes.md", /create namespace|heartbeat-keys|^helm install/).slice(0, 3),
      );
      expect(await admitPods(place, "monitoring")).toEqual({
        "StatefulSet/heartbeat-heartbeat-exporter": "no token",
      });
      const [, upgrade = ""] = /`(helm upgrade [^`]*)`/.exec(read("docs/kubernetes.md")) ?? [];
      const [, uninstall = ""] = /`(helm uninstall)` keeps/.exec(read("docs/kubernetes.md")) ?? [];
      await place.cluster.folder.write("work/values.yaml", blockOf("docs/kubernetes.md", /^replicas: 2/));
      await place.sh(upgrade);
      expect(await admitPods(place, "monitoring")).toEqual({
        "StatefulSet/heartbeat-heartbeat-exporter": "token",
      });
      await expectRights(
        place,
        "monitoring:heartbeat-heartbeat-exporter",
        [
          "create leases monitoring/",
          "get leases monitoring/heartbeat-heartbeat-exporter",
          "update leases monitoring/heartbeat-heartbeat-exporter",
        ],
        ["monitoring"],
      );
      await place.sh(`${uninstall} heartbeat --namespace monitoring`);
    }));

  test.each(["README.md", "docs/install.md", HELM_PAGE])("is installed by the command of %s", (page) =>
    inWorkplace(async (place) => {
      await place.cluster.folder.write("work/values.yaml", blockOf(HELM_PAGE, /^# values\.yaml/));
      const install = take(page, /^helm install/);
      await place.sh(...install);
      if (page === HELM_PAGE) await place.sh(...take(page, /heartbeat-keys/));
      expect(await admitPods(place, "monitoring")).toEqual({
        "StatefulSet/heartbeat-heartbeat-exporter": "no token",
      });
    }),
  );
});

describe("the plain manifests", () => {
  test("are applied by the commands of docs/kubernetes.md, and once more", () =>
    inWorkplace(async (place) => {
      const commands = take("docs/kubernetes.md", /^kubectl (create namespace|apply|-n)/);
      // The page creates the namespace twice: for the chart, and for the manifests.
      await place.sh(...new Set(commands));
      await place.sh("kubectl apply -k deploy/kubernetes");
      expect(await admitPods(place, "monitoring")).toEqual({ "Deployment/heartbeat-exporter": "no token" });
    }));

  const folders = readdirSync(join(ROOT, "deploy/kubernetes"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "leases")
    .map(({ name }) => name);
  test.each(folders)("of %s are applied alone, in a namespace of one's own", (folder) =>
    inWorkplace(async ({ sh }) => {
      await sh("kubectl create namespace team", `kubectl apply -n team -k deploy/kubernetes/${folder}`);
      expect(await sh(`kubectl get -n team -k deploy/kubernetes/${folder} -o name`)).not.toBe("");
    }),
  );

  test.each(["monitoring", "team"])(
    "with leases, by the kustomization of docs/kubernetes.md, in %s",
    (namespace) =>
      inWorkplace(async (place) => {
        const block = blockOf("docs/kubernetes.md", /^namespace: monitoring/);
        const own = block.replace("namespace: monitoring", `namespace: ${namespace}`);
        await place.cluster.folder.write("work/deploy/kubernetes/kustomization.yaml", own);
        await place.sh(`kubectl create namespace ${namespace}`, "kubectl apply -k deploy/kubernetes");
        expect(await admitPods(place, namespace)).toEqual({ "Deployment/heartbeat-exporter": "token" });
        const lease = `leases ${namespace}/`;
        await expectRights(
          place,
          `${namespace}:heartbeat-exporter`,
          [
            ...NAMES.map((name) => `get ${lease}${name}`),
            `create ${lease}`,
            `update ${lease}heartbeat-exporter`,
          ],
          [namespace, "default"],
        );
      }),
  );
});

describe("examples/kubernetes-lease", () => {
  test("is applied by its letter, beside deploy/kubernetes, and once more", () =>
    inWorkplace(async (place) => {
      await place.sh("kubectl create namespace monitoring", "kubectl apply -k deploy/kubernetes");
      const commands = [
        ...take(PAIR, /apply -f kubernetes\.yml/),
        ...take("examples/kubernetes-lease/service-monitor.yml", /apply -f/),
        ...take("examples/kubernetes-lease/node-leases.yml", /apply -f node/),
      ];
      const secret = take(PAIR, /create secret/).map((text) => text.replace("KEY_FILE", "../../openai.key"));
      await place.sh("cd examples/kubernetes-lease", ...commands, ...secret, ...commands);
      expect(await admitPods(place, "monitoring")).toEqual({
        "Deployment/heartbeat-exporter": "no token",
        "Deployment/heartbeat-pair": "token",
      });
      await expectRights(
        place,
        "monitoring:heartbeat-pair",
        [
          "create leases monitoring/",
          "get leases monitoring/heartbeat-pair",
          "update leases monitoring/heartbeat-pair",
          "get leases kcp/syncer-heartbeat",
          "list leases kube-node-lease/",
          "watch leases kube-node-lease/",
        ],
        ["monitoring", "kcp", "kube-node-lease", "default"],
      );
    }));

  test("is applied in a namespace of one's own by its command", () =>
    inWorkplace(async (place) => {
      const commands = [PAIR, "examples/kubernetes-lease/node-leases.yml"].flatMap((page) =>
        take(page, /^sed /),
      );
      await place.sh("cd examples/kubernetes-lease", ...commands);
      expect(await admitPods(place, "team")).toEqual({ "Deployment/heartbeat-pair": "token" });
      const { stdout } = await place.cluster.tryKubectl([
        "get",
        "all,leases,roles",
        "-n",
        "monitoring",
        "-o",
        "name",
      ]);
      expect(stdout).toBe("");
    }));
});

test("examples/kubernetes-restart is applied by its letter", () =>
  inWorkplace(async (place) => {
    const page = "examples/kubernetes-restart/kustomization.yaml";
    const commands = take(page, /^kubectl/).map((text) => text.replace("TOKEN_FILE", "openai.key"));
    await place.sh(...commands);
    expect(await admitPods(place, "monitoring")).toEqual({ "Deployment/heartbeat-exporter": "token" });
    await expectRights(
      place,
      "monitoring:heartbeat-exporter",
      ["patch deployments llm/interpreter"],
      ["monitoring", "llm", "default"],
    );
  }));

test("docs/recipes/log-heartbeats-in-kubernetes.md is applied by its letter", () =>
  inWorkplace(async (place) => {
    const page = "docs/recipes/log-heartbeats-in-kubernetes.md";
    const manifests = [...read(page).matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, yaml = ""]) => yaml);
    const file = manifests.find((yaml) => yaml.includes("kind: DaemonSet")) ?? "";
    await place.cluster.folder.write("work/log-heartbeats.yml", file);
    await place.sh("kubectl create namespace monitoring || true", ...take(page, /apply/));
    const daemons = await place.sh("kubectl -n monitoring get daemonsets -o name");
    expect(daemons).toBe("daemonset.apps/log-heartbeats\n");
  }));

test("no command of a page is left out", () => {
  const left = PAGES.flatMap(commandsOf).filter(
    ({ page, text }) => !ran.has(`${page}: ${text}`) && !NOT_RUN.some(([pattern]) => pattern.test(text)),
  );
  expect(left).toEqual([]);
});
