import { existsSync } from "node:fs";
import type { RequestOptions } from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import { type FileError, fileError } from "../../core/file-errors.ts";
import type { ClusterOptions } from "../../core/lease.ts";

/** The address of an API server and the current credentials, which may change until the next call. */
export interface ClusterAccess {
  readonly server: URL;
  readonly request: RequestOptions;
  readonly headers: Readonly<Record<string, string>>;
  /** True if the kubeconfig names a proxy, which `request.agent` uses. */
  readonly proxied: boolean;
  /** The namespace of the context, `default` without one. */
  readonly ownNamespace: string;
}

/** A cluster that a kubeconfig or the pod's service account gives access to. */
export interface Cluster {
  /** Returns the current access. Rejects with a ClusterError. */
  access(): Promise<ClusterAccess>;
  /** Discards the kubeconfig, after its credentials were rejected, so that it is read again. */
  forget(): void;
}

/** The error of a missing or unusable kubeconfig or credential. The message names the file and quotes nothing of it. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
  readonly reason: FileError["reason"] | "auth";

  constructor(reason: ClusterError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** The token that Kubernetes mounts into pods (`automountServiceAccountToken`). */
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/**
 * Opens the cluster of `options`. Nothing is read before the first call.
 * @param root the root of the pod's file system, for tests
 */
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
          `no credentials: ${reasonOf(error, "a plugin or provider of the kubeconfig failed")}`,
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

/** Loads the kubeconfig. The client library takes 45 MiB of memory, so it is loaded with the first Lease. */
async function load({ kubeconfig: file, context }: ClusterOptions, root: string): Promise<KubeConfig> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const where = file ?? "KUBECONFIG or ~/.kube/config";
  try {
    if (file !== undefined) config.loadFromFile(file);
    else if (existsSync(`${root}${SERVICE_ACCOUNT}`)) config.loadFromCluster(root);
    else config.loadFromDefault();
  } catch (error) {
    throw new ClusterError(
      kubeconfigReason(error),
      `${where}: ${reasonOf(error, "not a readable kubeconfig")}`,
      {
        cause: error,
      },
    );
  }
  // The name that the library gives to its defaults if it finds no kubeconfig.
  if (config.getCurrentContext() === "loaded-context") {
    throw new ClusterError(
      "file_missing",
      "no service account, no KUBECONFIG and no ~/.kube/config: set kubeconfig",
    );
  }
  if (context !== undefined) config.setCurrentContext(context);
  const current = config.getCurrentContext();
  if (config.getContextObject(current) === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw new ClusterError(
      "file_missing",
      `${where}: context: got ${JSON.stringify(current ?? "")}, want ${known.length === 0 ? "a kubeconfig with contexts" : `one of ${known.join(", ")}`}`,
    );
  }
  if (config.getCurrentCluster() === null) {
    throw new ClusterError(
      "file_missing",
      `${where}: context ${JSON.stringify(current)}: the kubeconfig does not contain its cluster`,
    );
  }
  return config;
}

/** Returns the reason of a system error. A kubeconfig that cannot be parsed counts as missing. */
const kubeconfigReason = (error: unknown): FileError["reason"] =>
  isSystemError(error) ? fileError(error).reason : "file_missing";

const isSystemError = (error: unknown): error is Error =>
  error instanceof Error && "code" in error && typeof error.code === "string" && /^E[A-Z]+$/.test(error.code);

/** Returns the message of a system error only. YAML errors quote the file, which contains tokens, and plugins may print secrets. */
function reasonOf(error: unknown, otherwise: string): string {
  return isSystemError(error) ? error.message : otherwise;
}
