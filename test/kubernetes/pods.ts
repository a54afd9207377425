import { mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";
import type { Cluster } from "./cluster.ts";

/** A pod to be started. */
export interface PodSpec {
  readonly namespace: string;
  readonly name: string;
  /** An address of the loopback. */
  readonly ip: string;
  readonly account: string;
  /** The text of the configuration file. */
  readonly config: string;
  /** Files below `/run/secrets`, by relative name. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** A replica that runs as in a pod: with a host name, an address and `/run/secrets` of its own. `await using` stops it. */
export interface Pod extends AsyncDisposable {
  readonly spec: PodSpec;
  readonly exporter: ExporterProcess;
  /** Replaces the token of its account by another one, as the kubelet does, and revokes the old one. */
  rotateToken(): Promise<void>;
  /** Sends a signal to the exporter. */
  kill(signal: NodeJS.Signals): void;
}

/** Runs a program with other contents of `/run/secrets` and another host name. */
const IN_POD = `set -e
hostname "$POD_NAME"
mount -t tmpfs tmpfs /run
mkdir -p /run/secrets/kubernetes.io
for entry in "$POD_SECRETS"/*; do
  case $entry in
    */serviceaccount) ln -s "$entry" /run/secrets/kubernetes.io/serviceaccount ;;
    *) ln -s "$entry" "/run/secrets/\${entry##*/}" ;;
  esac
done
exec "$@"
`;

/** Starts a replica and waits until it listens. Needs root. */
export async function startPod(cluster: Cluster, spec: PodSpec): Promise<Pod> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  const tokens = await openTokens(cluster, spec, folder);
  for (const [name, content] of Object.entries(spec.secrets)) await folder.write(`secrets/${name}`, content);
  const exporter = resources.use(
    await startExporter({
      yaml: spec.config,
      args: [`--web.listen-address=${spec.ip}:8091`, "--config.enable-auto-reload"],
      env: {
        POD_IP: spec.ip,
        POD_NAME: spec.name,
        POD_SECRETS: join(folder.path, "secrets"),
        KUBERNETES_SERVICE_HOST: "127.0.0.1",
        KUBERNETES_SERVICE_PORT: String(cluster.port),
      },
      command: ["unshare", "--mount", "--uts", "sh", "-c", IN_POD, "sh"],
    }),
  );
  const owned = resources.move();
  return {
    spec,
    exporter,
    rotateToken: tokens.rotate,
    kill: (signal) => exporter.process.kill(signal),
    [Symbol.asyncDispose]: () => {
      // A stopped process does not end on SIGTERM.
      exporter.process.kill("SIGCONT");
      return owned.disposeAsync();
    },
  };
}

/** Numbers the Secrets to which tokens are bound: a token ends with its Secret. */
let bound = 0;

/** Writes the folder that the kubelet makes for an account's token, in which it replaces all files at once. */
async function openTokens(cluster: Cluster, { namespace, account }: PodSpec, folder: TemporaryFolder) {
  const path = join(folder.path, "secrets/serviceaccount");
  await mkdir(path, { recursive: true });
  let current: string | undefined;
  const rotate = async (): Promise<void> => {
    bound += 1;
    const secret = `token-${bound}`;
    const own = ["--namespace", namespace];
    await cluster.kubectl([...own, "create", "secret", "generic", secret]);
    const binding = ["--bound-object-kind=Secret", `--bound-object-name=${secret}`];
    const token = await cluster.kubectl([...own, "create", "token", account, ...binding]);
    const version = `..version-${bound}`;
    await mkdir(join(path, version));
    const files = { token: token.trim(), "ca.crt": cluster.ca, namespace };
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(path, version, name), content);
      if (current === undefined) await symlink(`..data/${name}`, join(path, name));
    }
    await symlink(version, join(path, "..data_tmp"));
    await rename(join(path, "..data_tmp"), join(path, "..data"));
    if (current !== undefined) await cluster.kubectl([...own, "delete", "secret", current]);
    current = secret;
  };
  await rotate();
  return { rotate };
}
