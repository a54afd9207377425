import { existsSync, readFileSync, statSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import type { ClusterOptions } from "../../core/lease.ts";

/** The token that Kubernetes mounts into pods (`automountServiceAccountToken`). */
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** Returns true if the account of the pod is used, because nothing else is configured. */
export const usesServiceAccount = ({ kubeconfig }: ClusterOptions, root: string): boolean =>
  kubeconfig === undefined && existsSync(`${root}${SERVICE_ACCOUNT}`);

/** Returns the kubeconfig files in use, in the order in which they are merged; none for the account of a pod. */
export function kubeconfigFiles(options: ClusterOptions, root: string): readonly string[] {
  if (options.kubeconfig !== undefined) return [options.kubeconfig];
  if (usesServiceAccount(options, root)) return [];
  // oxlint-disable-next-line node/no-process-env -- the client library reads the same variables itself
  const { KUBECONFIG: listed = "", HOME: home = "" } = process.env;
  const files = listed.split(delimiter).filter((file) => file !== "");
  if (files.length > 0) return files;
  return home === "" ? [] : [join(home, ".kube/config")];
}

/** Returns a text that changes whenever one of the files is written, replaced, created or removed. */
export const versionsOf = (files: readonly string[]): string =>
  files.map((file) => `${versionOf(file)}\n`).join("");

/** Unlike the time of a change of the content, tools cannot set that of the inode (`ctime`) back. */
function versionOf(file: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch {
    return "";
  }
}

/**
 * Returns the `tokenFile` of a user, which the client library does not read. The first file that has the user counts, as in
 * kubectl.
 */
export function tokenFileOf(user: string, files: readonly string[]): string | undefined {
  for (const file of files) {
    const entry = usersIn(file).find((one) => valueAt(one, "name") === user);
    if (entry === undefined) continue;
    const tokenFile = valueAt(valueAt(entry, "user"), "tokenFile");
    return typeof tokenFile === "string" && tokenFile !== "" ? resolve(dirname(file), tokenFile) : undefined;
  }
  return undefined;
}

function usersIn(file: string): readonly unknown[] {
  try {
    const users = valueAt(parse(readFileSync(file, "utf8")), "users");
    return Array.isArray(users) ? users : [];
  } catch {
    // The library reports a file that cannot be read.
    return [];
  }
}

const valueAt = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null
    ? Object.getOwnPropertyDescriptor(value, key)?.value
    : undefined;
