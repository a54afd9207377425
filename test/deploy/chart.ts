import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { parseAllDocuments } from "yaml";
import { goTool } from "../helpers/go-tools.ts";
import { type Finished, run } from "../helpers/process.ts";

/** The folder of the Helm chart. */
export const CHART = fileURLToPath(new URL("../../deploy/helm/heartbeat-exporter", import.meta.url));

/** The release that tests render, and its namespace. */
export const RELEASE = { name: "hb", fullname: "hb-heartbeat-exporter", namespace: "observability" } as const;

/** A Kubernetes object with the parts that the tests read. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
  readonly rules?: readonly object[];
}

/** A container with the parts that the tests read. */
export interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly startupProbe?: { readonly httpGet?: { readonly path: string } };
  readonly livenessProbe?: { readonly httpGet?: { readonly path: string } };
  readonly readinessProbe?: { readonly httpGet?: { readonly path: string } };
}

/** The part of a Deployment's or StatefulSet's specification that describes its pods. */
export interface PodTemplate {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>> & {
    readonly containers: readonly [Container, ...Container[]];
    readonly volumes: readonly { readonly name: string }[];
    readonly securityContext: object;
    readonly automountServiceAccountToken?: boolean;
  };
}

/** What `helm template` returned. */
export interface Rendered {
  readonly text: string;
  readonly manifests: readonly Manifest[];
  /** Returns the manifests of a kind. */
  all(kind: string): readonly Manifest[];
  /** Returns the only manifest of a kind, or the one with this name. */
  one(kind: string, name?: string): Manifest;
  /** Returns the pods of the StatefulSet. */
  pods(): PodTemplate;
}

/** Runs helm to its end, without the lines that name followed links. */
export async function helm(args: readonly string[], input?: string): Promise<Finished> {
  const options = input === undefined ? {} : { input };
  const finished = await run([await goTool("helm"), ...args], options);
  return { ...finished, stderr: finished.stderr.replaceAll(/^walk\.go:.*\n/gm, "") };
}

const template = (values: object, chart: string, more: readonly string[]): Promise<Finished> =>
  helm(
    ["template", RELEASE.name, chart, "--namespace", RELEASE.namespace, "--values", "-", ...more],
    JSON.stringify(values),
  );

/**
 * Renders the chart with these values.
 * @param more arguments of helm
 */
export async function render(
  values: object = {},
  { chart = CHART, more = [] }: { readonly chart?: string; readonly more?: readonly string[] } = {},
): Promise<Rendered> {
  const { code, stdout, stderr } = await template(values, chart, more);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return rendered(stdout);
}

/** Reads manifests in the version of YAML that Kubernetes reads. They must have neither errors nor warnings. */
export function rendered(text: string): Rendered {
  const manifests = parseAllDocuments(text, { version: "1.1" }).flatMap((document) => {
    for (const problem of [...document.errors, ...document.warnings]) throw problem;
    return document.toJS() === null ? [] : [document.toJS() as Manifest];
  });
  const one = (kind: string, name?: string): Manifest => {
    const found = manifests.filter(
      (manifest) => manifest.kind === kind && (name === undefined || manifest.metadata.name === name),
    );
    const [first] = found;
    if (first === undefined || found.length > 1) throw new Error(`want one ${kind}, got ${found.length}`);
    return first;
  };
  return {
    text,
    manifests,
    all: (kind) => manifests.filter((manifest) => manifest.kind === kind),
    one,
    pods: () => (one("StatefulSet").spec as { readonly template: PodTemplate }).template,
  };
}

/** Returns what helm says about values that the chart refuses. */
export async function refusal(values: object): Promise<string> {
  const { code, stdout, stderr } = await template(values, CHART, []);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  return stderr;
}

/**
 * Returns what an API server of Kubernetes would refuse manifests for, by its own strict decoding and validation, and in which
 * pods violate the level `restricted`.
 */
export async function problemsOf(manifests: string): Promise<readonly string[]> {
  const { code, stdout, stderr } = await run([await goTool("manifests")], { input: manifests });
  expect({ code, stderr }).toEqual({ code: stdout === "" ? 0 : 1, stderr: "" });
  return stdout.split("\n").filter((line) => line !== "");
}
