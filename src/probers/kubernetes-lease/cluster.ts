import { existsSync } from "node:fs";
import type { RequestOptions } from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import type { ClusterOptions } from "../../core/lease.ts";

/** Where an API server is and how to be let in, as of now: tokens and certificates may be others the next time. */
export interface ClusterAccess {
  readonly server: URL;
  readonly request: RequestOptions;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether a proxy of the kubeconfig stands in between, which `request.agent` then knows. */
  readonly proxied: boolean;
  /** The namespace of the context, `default` without one. */
  readonly ownNamespace: string;
}

/** A cluster that a kubeconfig, or the pod's own account, gives access to. */
export interface Cluster {
  access(): Promise<ClusterAccess>;
  /** Reads everything anew the next time: what was used is no longer accepted. */
  forget(): void;
}

/** There is no usable description of a cluster, or no credential. The message says where it was looked for, and quotes nothing of it. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
  readonly reason: "file_missing" | "auth";

  constructor(reason: ClusterError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** What Kubernetes mounts into pods (`automountServiceAccountToken`). */
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** @param root where the file system of the pod begins */
export function openCluster(options: ClusterOptions, root = ""): Cluster {
  let loaded: Promise<KubeConfig> | undefined;
  const config = (): Promise<KubeConfig> => {
    loaded ??= load(options, root).catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
  return {
    async access() {
      const kubeconfig = await config();
      const cluster = kubeconfig.getCurrentCluster();
      if (cluster === null) throw new ClusterError("file_missing", "the context names no cluster");
      const headers: Record<string, string> = {};
      const request: RequestOptions = { headers };
      try {
        await kubeconfig.applyToHTTPSOptions(request);
      } catch (error) {
        throw new ClusterError(
          "auth",
          `the credentials cannot be had: ${reasonOf(error, "a plugin or provider of the kubeconfig failed")}`,
          { cause: error },
        );
      }
      const namespace = kubeconfig.getContextObject(kubeconfig.getCurrentContext())?.namespace?.trim();
      return {
        server: new URL(cluster.server),
        request,
        headers,
        proxied: cluster.proxyUrl !== undefined,
        ownNamespace: namespace === undefined || namespace === "" ? "default" : namespace,
      };
    },
    forget() {
      loaded = undefined;
    },
  };
}

/** The library takes 45 MiB of memory, so that it is loaded by those only who have a Lease. */
async function load({ kubeconfig: file, context }: ClusterOptions, root: string): Promise<KubeConfig> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const where = file ?? "KUBECONFIG or ~/.kube/config";
  try {
    if (file !== undefined) config.loadFromFile(file);
    else if (existsSync(`${root}${SERVICE_ACCOUNT}`)) config.loadFromCluster(root);
    else config.loadFromDefault();
  } catch (error) {
    throw new ClusterError("file_missing", `${where}: ${reasonOf(error, "no kubeconfig that can be read")}`, {
      cause: error,
    });
  }
  // What the library makes of finding nothing at all.
  if (config.getCurrentContext() === "loaded-context") {
    throw new ClusterError(
      "file_missing",
      "no account of a pod, no KUBECONFIG and no ~/.kube/config: name a kubeconfig",
    );
  }
  if (context !== undefined) config.setCurrentContext(context);
  const current = config.getCurrentContext();
  if (config.getContextObject(current) === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw new ClusterError(
      "file_missing",
      `${where}: context: got ${JSON.stringify(current ?? "")}, want one of ${known.length === 0 ? "none that it has" : known.join(", ")}`,
    );
  }
  if (config.getCurrentCluster() === null) {
    throw new ClusterError(
      "file_missing",
      `${where}: context ${JSON.stringify(current)} names a cluster that is not there`,
    );
  }
  return config;
}

/** Errors of YAML quote the file, which holds tokens, and plugins say what they like: only errors of the system are told. */
function reasonOf(error: unknown, otherwise: string): string {
  const known = error instanceof Error && "code" in error && typeof error.code === "string";
  return known && /^E[A-Z]+$/.test(String(error.code)) ? error.message : otherwise;
}
