import { delimiter, dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { rethrowHang } from "../../core/file-errors.ts";
import type { ClusterOptions } from "../../core/lease.ts";
import { readSmall, statSmall } from "../../files/files.ts";

/** The token that Kubernetes mounts into pods (`automountServiceAccountToken`). */
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** Returns the token of the pod's account if it is used, because nothing else is configured. Rejects if it hangs. */
export async function serviceAccountToken(
  { kubeconfig }: ClusterOptions,
  root: string,
): Promise<string | undefined> {
  const token = `${root}${SERVICE_ACCOUNT}`;
  return kubeconfig === undefined && (await versionOf(token)) !== "" ? token : undefined;
}

/** Returns the kubeconfig files in use, in the order in which they are merged, if the account of a pod is not. */
export function kubeconfigFiles(options: ClusterOptions): readonly string[] {
  if (options.kubeconfig !== undefined) return [options.kubeconfig];
  // oxlint-disable-next-line node/no-process-env -- the client library reads the same variables itself
  const { KUBECONFIG: listed = "", HOME: home = "" } = process.env;
  const files = listed.split(delimiter).filter((file) => file !== "");
  if (files.length > 0) return files;
  return home === "" ? [] : [join(home, ".kube/config")];
}

/**
 * Reads files that the client library will read in a way that blocks the process. Rejects if one of them hangs; the library
 * reports the others that cannot be read.
 */
export async function readAhead(files: readonly string[]): Promise<void> {
  for (const file of files) await readSmall(file).catch(rethrowHang);
}

/** Returns a text that changes whenever one of the files is written, replaced, created or removed. Rejects if one hangs. */
export const versionsOf = async (files: readonly string[]): Promise<string> =>
  (await Promise.all(files.map(versionOf))).map((version) => `${version}\n`).join("");

/** Unlike the time of a change of the content, tools cannot set that of the inode (`ctime`) back. */
async function versionOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await statSmall(file);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch (error) {
    rethrowHang(error);
    return "";
  }
}

/**
 * Returns the `tokenFile` of a user, which the client library does not read. The first file that has the user counts, as in
 * kubectl.
 */
export async function tokenFileOf(user: string, files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    const entry = (await usersIn(file)).find((one) => valueAt(one, "name") === user);
    if (entry === undefined) continue;
    const tokenFile = valueAt(valueAt(entry, "user"), "tokenFile");
    return typeof tokenFile === "string" && tokenFile !== "" ? resolve(dirname(file), tokenFile) : undefined;
  }
  return undefined;
}

async function usersIn(file: string): Promise<readonly unknown[]> {
  try {
    const users = valueAt(parse((await readSmall(file)).toString("utf8")), "users");
    return Array.isArray(users) ? users : [];
  } catch (error) {
    rethrowHang(error);
    // The library reports a file that cannot be read.
    return [];
  }
}

const valueAt = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null
    ? Object.getOwnPropertyDescriptor(value, key)?.value
    : undefined;
