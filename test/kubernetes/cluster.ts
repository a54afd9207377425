import { generateKeyPairSync } from "node:crypto";
import { request as httpsRequest } from "node:https";
import { json } from "node:stream/consumers";
import { seconds } from "../../src/core/units.ts";
import { makeCertificate } from "../helpers/certificates.ts";
import { goTool } from "../helpers/go-tools.ts";
import { type Finished, freePort, type Running, run, start, waitUntil } from "../helpers/process.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";

/** A response of the API server. */
interface ApiResponse {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * A real API server with its etcd, on the loopback. There is no controller and no kubelet: a Deployment makes no pods, and a namespace that
 * is deleted stays. `await using` stops it.
 */
export interface Cluster extends AsyncDisposable {
  /** The port of the API server. */
  readonly port: number;
  /** The certificate (PEM) that signed the API server's. */
  readonly ca: string;
  /** A folder for files of tests. */
  readonly folder: TemporaryFolder;
  /** Runs kubectl as the cluster's administrator, which must succeed, and returns what it prints. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** The same, whatever the exit code. */
  tryKubectl(args: readonly string[], input?: string): Promise<Finished>;
  /** The environment in which kubectl and helm are the administrator. */
  readonly env: NodeJS.ProcessEnv;
  /** Sends a request as the administrator. */
  api(method: string, path: string, body?: object): Promise<ApiResponse>;
  /** Sends a signal to the API server: SIGSTOP for an outage in which connections hang, SIGCONT for its end. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
}

const CLUSTER_DEADLINE = seconds(120);

/** Starts a cluster and waits until it serves. Builds its programs if they are not there, which takes about ten minutes. */
export async function startCluster(): Promise<Cluster> {
  const apiServer = await goTool("kube-apiserver");
  const kubectl = await goTool("kubectl");
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  const etcd = await startEtcd(folder, resources);
  const { ca, admin, files } = await writeCredentials(folder);
  const port = await freePort();
  const server = resources.use(
    start([
      apiServer,
      `--etcd-servers=${etcd}`,
      "--bind-address=127.0.0.1",
      "--advertise-address=127.0.0.1",
      `--secure-port=${port}`,
      `--tls-cert-file=${files.server.cert}`,
      `--tls-private-key-file=${files.server.key}`,
      `--client-ca-file=${files.ca}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${files.accountsPublic}`,
      `--service-account-signing-key-file=${files.accounts}`,
      "--service-cluster-ip-range=10.96.0.0/16",
      "--authorization-mode=Node,RBAC",
      "--endpoint-reconciler-type=none",
      `--cert-dir=${folder.path}/made`,
      "--allow-privileged=false",
      "--profiling=false",
    ]),
  );
  // A stopped process does not end on SIGTERM.
  resources.defer(() => server.kill("SIGCONT"));
  const api: Cluster["api"] = (method, path, body) => send({ method, path, body, port, ca, ...admin });
  await waitUntil(
    `the API server\n${server.output().slice(-2000)}`,
    async () => {
      const ready = await api("GET", "/api/v1/namespaces/kube-system").catch(() => undefined);
      return ready?.status === 200 || undefined;
    },
    CLUSTER_DEADLINE,
  );
  const env = { ...process.env, KUBECONFIG: await folder.write("admin.json", kubeconfig(port, ca, admin)) };
  const tryKubectl: Cluster["tryKubectl"] = (args, input) =>
    run([kubectl, ...args], { env, ...(input === undefined ? {} : { input }) });
  const owned = resources.move();
  return {
    port,
    ca,
    folder,
    env,
    api,
    tryKubectl,
    kubectl: async (args, input) => {
      const { code, stdout, stderr } = await tryKubectl(args, input);
      if (code !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${code}\n${stdout}${stderr}`);
      return stdout;
    },
    signal: (signal) => server.kill(signal),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Starts etcd and returns its address. */
async function startEtcd(folder: TemporaryFolder, resources: AsyncDisposableStack): Promise<string> {
  const client = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const etcd: Running = resources.use(
    start([
      await goTool("etcd"),
      `--data-dir=${folder.path}/etcd`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      "--unsafe-no-fsync",
    ]),
  );
  await etcd.waitForHttp(`${client}/health`);
  return client;
}

/** A certificate with its private key, in PEM. */
interface Credentials {
  readonly cert: string;
  readonly key: string;
}

async function writeCredentials(folder: TemporaryFolder) {
  const issuer = makeCertificate({ subject: [["CN", "cluster"]], authority: true });
  const server = makeCertificate({
    subject: [["CN", "kube-apiserver"]],
    names: ["IP:127.0.0.1", "DNS:kubernetes.default.svc"],
    issuer,
  });
  const admin = makeCertificate({
    subject: [
      ["O", "system:masters"],
      ["CN", "admin"],
    ],
    issuer,
  });
  const accounts = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "sec1", format: "pem" },
  });
  return {
    ca: issuer.cert,
    admin,
    files: {
      ca: await folder.write("ca.crt", issuer.cert),
      server: {
        cert: await folder.write("server.crt", server.cert),
        key: await folder.write("server.key", server.key),
      },
      accounts: await folder.write("accounts.key", accounts.privateKey),
      accountsPublic: await folder.write("accounts.pub", accounts.publicKey),
    },
  };
}

/** Returns a kubeconfig with a client certificate, as JSON. */
function kubeconfig(port: number, ca: string, { cert, key }: Credentials): string {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const server = `https://127.0.0.1:${port}`;
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "admin",
    clusters: [{ name: "local", cluster: { server, "certificate-authority-data": base64(ca) } }],
    users: [
      { name: "admin", user: { "client-certificate-data": base64(cert), "client-key-data": base64(key) } },
    ],
    contexts: [{ name: "admin", context: { cluster: "local", user: "admin" } }],
  });
}

interface ApiRequest extends Credentials {
  readonly method: string;
  readonly path: string;
  readonly body: object | undefined;
  readonly port: number;
  readonly ca: string;
}

/** Sends one request and returns the response; rejects when there is none within 5 s. */
function send({ method, path, body, port, ...tls }: ApiRequest): Promise<ApiResponse> {
  return new Promise((resolve, reject) => {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const request = httpsRequest(
      {
        host: "127.0.0.1",
        port,
        method,
        path,
        ...tls,
        headers: { "Content-Type": type },
        signal: AbortSignal.timeout(5000),
      },
      (response) => {
        json(response).then(
          (answer) => resolve({ status: response.statusCode ?? 0, body: answer as ApiResponse["body"] }),
          reject,
        );
      },
    );
    request.on("error", reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
