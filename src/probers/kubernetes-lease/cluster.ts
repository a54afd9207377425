import type { RequestOptions } from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import { defined } from "../../core/defined.ts";
import { type FileError, FileHangsError, fileError } from "../../core/file-errors.ts";
import type { ClusterOptions } from "../../core/lease.ts";
import { readSmall } from "../../files/files.ts";
import {
  kubeconfigFiles,
  readAhead,
  serviceAccountToken,
  tokenFileOf,
  versionsOf,
} from "./kubeconfig-files.ts";

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
  /** Returns a number that changes when the kubeconfig in use has changed. One that cannot be read has not changed. */
  generation(): Promise<number>;
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

/** A kubeconfig in use, with what is needed to notice that it has changed. */
interface Loaded {
  readonly config: KubeConfig;
  /** Every file that its access depends on. */
  readonly files: readonly string[];
  readonly versions: string;
  /** The token of the pod's service account, if that is used. */
  readonly serviceToken?: string;
  /** File of the user's token; other than a token, it is read for each call. */
  readonly tokenFile?: string;
}

/**
 * Opens the cluster of `options`. Nothing is read before the first call.
 * @param root the root of the pod's file system, for tests
 */
export function openCluster(options: ClusterOptions, root = ""): Cluster {
  let loading: Promise<Loaded> | undefined;
  let lastVersions: string | undefined;
  let generation = 0;
  /** Returns the kubeconfig as its files are now. One that has not changed keeps what credential plugins have returned. */
  const current = async (): Promise<Loaded> => {
    const before = await loading?.catch(() => undefined);
    if (before !== undefined && (await versionsOf(before.files)) === before.versions) return before;
    const next = load(options, root);
    loading = next;
    const { versions } = await next;
    if (versions !== lastVersions) generation += 1;
    lastVersions = versions;
    return next;
  };
  return {
    async access() {
      const { config: kubeconfig, files, serviceToken, tokenFile } = await current().catch(rethrowHang);
      const cluster = kubeconfig.getCurrentCluster();
      if (cluster === null) throw new ClusterError("file_missing", "the context names no cluster");
      const headers: Record<string, string> = {};
      const request: RequestOptions = { headers };
      try {
        await readAhead(serviceToken === undefined ? files : [...files, serviceToken]);
        await kubeconfig.applyToHTTPSOptions(request);
        if (tokenFile !== undefined)
          headers["Authorization"] = `Bearer ${(await readSmall(tokenFile)).toString("utf8").trim()}`;
      } catch (error) {
        if (error instanceof FileHangsError) throw hangOf(error);
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
    async generation() {
      await current().catch(() => undefined);
      return generation;
    },
    forget() {
      loading = undefined;
    },
  };
}

const hangOf = (error: FileHangsError): ClusterError =>
  new ClusterError("file_unreadable", error.message, { cause: error });

function rethrowHang(error: unknown): never {
  throw error instanceof FileHangsError ? hangOf(error) : error;
}

/** Loads the kubeconfig, and notes the files that it depends on. */
async function load(options: ClusterOptions, root: string): Promise<Loaded> {
  const serviceToken = await serviceAccountToken(options, root);
  const kubeconfigs = serviceToken === undefined ? kubeconfigFiles(options) : [];
  // Before they are read, so that a change in between is noticed with the next call.
  const versions = await versionsOf(kubeconfigs);
  await readAhead(kubeconfigs);
  const config = await readKubeconfig(options, root, serviceToken !== undefined);
  const user = config.getCurrentUser();
  const own = [config.getCurrentCluster()?.caFile, user?.certFile, user?.keyFile].filter(
    (file): file is string => typeof file === "string" && file !== "",
  );
  return {
    config,
    files: [...kubeconfigs, ...own],
    versions: versions + (await versionsOf(own)),
    ...defined({
      serviceToken,
      tokenFile: user === null ? undefined : await tokenFileOf(user.name, kubeconfigs),
    }),
  };
}

/**
 * Loads the kubeconfig. The client library is loaded with the first Lease: of it the bundle contains only what a kubeconfig needs,
 * but the sources load all of it, which takes 45 MiB of memory.
 */
async function readKubeconfig(
  options: ClusterOptions,
  root: string,
  usesServiceAccount: boolean,
): Promise<KubeConfig> {
  const { kubeconfig: file, context } = options;
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const where = file ?? "KUBECONFIG or ~/.kube/config";
  try {
    if (file !== undefined) config.loadFromFile(file);
    else if (usesServiceAccount) config.loadFromCluster(root);
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
  adapt(config);
  return config;
}

/** Returns the reason of a system error. A kubeconfig that cannot be parsed counts as missing. */
const kubeconfigReason = (error: unknown): FileError["reason"] =>
  isSystemError(error) ? fileError(error).reason : "file_missing";

const isSystemError = (error: unknown): error is Error =>
  error instanceof Error && "code" in error && typeof error.code === "string" && /^E[A-Z]+$/.test(error.code);
/**
 * Removes two limits of the library: it refuses `http:` servers, such as `kubectl proxy`, unless verification of
 * certificates, of which there are none, is off; and it ignores the authority of a cluster without a user.
 */
function adapt(config: KubeConfig): void {
  config.clusters = config.clusters.map((cluster) =>
    /^http:/i.test(cluster.server) ? { ...cluster, skipTLSVerify: true } : cluster,
  );
  if (config.getCurrentUser() !== null) return;
  const context = config.getContextObject(config.getCurrentContext());
  const name = context?.user ?? "anonymous";
  config.contexts = config.contexts.map((one) => (one === context ? { ...one, user: name } : one));
  config.users = [...config.users, { name }];
}

/** Returns the message of a system error only. YAML errors quote the file, which contains tokens, and plugins may print secrets. */
function reasonOf(error: unknown, otherwise: string): string {
  return isSystemError(error) ? error.message : otherwise;
}
