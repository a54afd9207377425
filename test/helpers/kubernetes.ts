import { X509Certificate } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createPlainServer } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { makeCertificate } from "./certificates.ts";
import { createCollections, type LeaseCollections, type LeaseObject } from "./kubernetes-collections.ts";

/** A write that the server accepted. */
export interface LeaseWrite {
  /** Time of the write by `performance.now`, in seconds. */
  readonly at: number;
  readonly verb: "create" | "update";
  readonly lease: string;
  readonly holder: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

interface LeaseRequest {
  readonly verb: string;
  readonly lease: string;
  readonly token: string;
  readonly status: number;
}

/** The rights of tokens that may not do everything. */
const RIGHTS: Readonly<Record<string, readonly string[]>> = {
  "no-rights": [],
  reader: ["get"],
  watcher: ["list", "watch"],
  lister: ["list"],
};

/** How the server treats the requests of one token. */
type Treatment = "serve" | "hang" | "refuse";

/** A Kubernetes API server that serves only Leases (coordination.k8s.io/v1), in the wire format of the real one. */
export interface KubernetesServer extends AsyncDisposable {
  readonly url: string;
  /** Returns a kubeconfig with a bearer token, with the client certificate, or with another entry of its user. */
  kubeconfig(options?: KubeconfigOptions): string;
  /** The client certificate and its key, as PEM. */
  readonly client: { readonly cert: string; readonly key: string };
  readonly writes: readonly LeaseWrite[];
  /** Every request with the status of its response. `lease` is `namespace/name`, without the name in a creation. */
  readonly requests: readonly LeaseRequest[];
  /** The watches that are open, and what the test does to them. */
  readonly watches: LeaseCollections["watches"];
  /** Returns the stored object. */
  get(lease: string): LeaseObject | undefined;
  /** Stores a Lease, as another client would. */
  put(lease: string, spec: Record<string, unknown>, labels?: Record<string, string>): void;
  delete(lease: string): void;
  /** Changes how requests with this token are treated. `hang`: read, never answered. `refuse`: their connections are cut. */
  treat(token: string, treatment: Treatment): void;
  /** Returns the number of requests that hang. */
  hanging(): number;
  /** Answers the next `count` requests with this status and a Status object. */
  failNext(count: number, status: number): void;
  /** Carries out the next `count` writes but cuts their connections before the response. */
  loseNextAnswers(count: number): void;
}

interface KubeconfigOptions {
  readonly token?: string;
  readonly namespace?: string;
  readonly certificate?: boolean;
  readonly user?: object;
  /** The address, instead of the server's own. */
  readonly server?: string;
}

/**
 * The tokens that the server knows; it also knows `no-rights`, which may do nothing. `reader` may only read single Leases, `watcher`
 * list and watch them, `lister` only list them.
 */
export const TOKENS = ["replica-a", "replica-b", "reader", "watcher", "lister"] as const;

const PATH = /^\/apis\/coordination\.k8s\.io\/v1\/namespaces\/([^/]+)\/leases(?:\/([^/]+))?$/;
const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/**
 * Starts a {@link KubernetesServer} with its own certificate authority.
 * @param proxy serves plain HTTP and authenticates its clients as `replica-a`, as `kubectl proxy` does with its own account
 */
export async function startKubernetes({ proxy = false } = {}): Promise<KubernetesServer> {
  const authority = makeCertificate({ subject: [["CN", "test ca"]], authority: true });
  const own = makeCertificate({ names: ["IP:127.0.0.1"], issuer: authority });
  const client = makeCertificate({ subject: [["CN", "certificate-user"]], issuer: authority });
  const stored = new Map<string, LeaseObject>();
  const writes: LeaseWrite[] = [];
  const requests: LeaseRequest[] = [];
  const treatments = new Map<string, Treatment>();
  let failing = { count: 0, status: 500 };
  let losing = 0;
  let hanging = 0;
  let version = 0;
  const collections = createCollections(stored, () => version);

  const store = (lease: string, metadata: object, spec: Record<string, unknown>): LeaseObject => {
    const [namespace, name] = lease.split("/");
    const resourceVersion = String((version += 1));
    const object: LeaseObject = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        uid: "8d8e7a9e-0000-4000-8000-000000000000",
        creationTimestamp: "2025-09-15T13:30:00Z",
        managedFields: [{ manager: "test", operation: "Update", apiVersion: "coordination.k8s.io/v1" }],
        ...metadata,
        name,
        namespace,
        resourceVersion,
      },
      spec,
    };
    const before = stored.get(lease);
    stored.set(lease, object);
    collections.changed(before, object);
    return object;
  };

  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const token = proxy ? "replica-a" : identityOf(req);
    const treatment = treatments.get(token ?? "") ?? "serve";
    if (treatment === "refuse") return void req.socket.destroy();
    let text = "";
    for await (const chunk of req) text += String(chunk);
    if (treatment === "hang") {
      hanging += 1;
      return;
    }
    const { pathname, searchParams: query } = new URL(req.url ?? "/", "https://x");
    const [, namespace, name] = PATH.exec(pathname) ?? [];
    const reading = name !== undefined ? "get" : query.has("watch") ? "watch" : "list";
    const verb = { GET: reading, POST: "create", PUT: "update" }[req.method ?? ""] ?? "other";
    const isRead = ["get", "list", "watch"].includes(verb);
    const answer = (status: number, object: object): void => {
      requests.push({ verb, lease: `${namespace}/${name ?? ""}`, token: token ?? "", status });
      if (losing > 0 && !isRead && status < 300) {
        losing -= 1;
        req.socket.destroy();
        return;
      }
      res.writeHead(status, { "Content-Type": "application/json", "Audit-Id": "test" });
      res.end(JSON.stringify(object));
    };
    const refuse = (code: number, reason: string, message: string): void =>
      answer(code, {
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Failure",
        message,
        reason,
        details: { name, group: "coordination.k8s.io", kind: "leases" },
        code,
      });

    if (failing.count > 0) {
      failing.count -= 1;
      return refuse(failing.status, "InternalError", "the test says so");
    }
    if (token === undefined) return refuse(401, "Unauthorized", "Unauthorized");
    const who = `User "system:serviceaccount:monitoring:${token}"`;
    if (RIGHTS[token]?.includes(verb) === false) {
      const what = `leases.coordination.k8s.io ${JSON.stringify(name)} is forbidden: ${who}`;
      return refuse(
        403,
        "Forbidden",
        `${what} cannot ${verb} resource "leases" in API group "coordination.k8s.io"`,
      );
    }
    if (namespace === undefined || verb === "other") {
      return refuse(404, "NotFound", "the server could not find the requested resource");
    }
    if (namespace === "missing" && verb === "create") {
      return refuse(404, "NotFound", `namespaces "missing" not found`);
    }
    if (verb === "list") {
      const page = collections.list(namespace, query);
      return "code" in page ? refuse(page.code, page.reason, page.message) : answer(200, page.list);
    }
    if (verb === "watch") {
      requests.push({ verb, lease: `${namespace}/`, token, status: 200 });
      res.writeHead(200, { "Content-Type": "application/json", "Audit-Id": "test" });
      res.flushHeaders();
      return collections.watch(namespace, query, res);
    }
    if (verb === "get") {
      const object = stored.get(`${namespace}/${name}`);
      return object === undefined
        ? refuse(404, "NotFound", `leases.coordination.k8s.io "${name}" not found`)
        : answer(200, object);
    }
    const sent = JSON.parse(text) as Partial<LeaseObject>;
    const invalid = invalidity(sent);
    if (invalid !== undefined) return refuse(422, "Invalid", invalid);
    const own = String(name ?? sent.metadata?.["name"]);
    const lease = `${namespace}/${own}`;
    const before = stored.get(lease);
    if (verb === "create" && before !== undefined) {
      return refuse(409, "AlreadyExists", `leases.coordination.k8s.io "${own}" already exists`);
    }
    if (verb === "update" && before === undefined) {
      return refuse(404, "NotFound", `leases.coordination.k8s.io "${own}" not found`);
    }
    if (before !== undefined && sent.metadata?.resourceVersion !== before.metadata.resourceVersion) {
      const what = `Operation cannot be fulfilled on leases.coordination.k8s.io "${own}"`;
      return refuse(409, "Conflict", `${what}: the object has been modified; please apply your changes`);
    }
    const spec = sent.spec ?? {};
    const object = store(lease, sent.metadata ?? {}, spec);
    const { holderIdentity } = spec;
    const holder = typeof holderIdentity === "string" ? holderIdentity : "";
    writes.push({
      at: performance.now() / 1000,
      verb: before === undefined ? "create" : "update",
      lease,
      holder,
      spec,
    });
    answer(verb === "create" ? 201 : 200, object);
  };

  const listener = (req: IncomingMessage, res: ServerResponse): void =>
    void handle(req, res).catch(() => req.socket.destroy());
  const tls = {
    cert: own.cert,
    key: own.key,
    ca: authority.cert,
    requestCert: true,
    rejectUnauthorized: false,
  };
  const server = proxy ? createPlainServer(listener) : createServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `${proxy ? "http" : "https"}://127.0.0.1:${port}`;
  const base64 = (pem: string): string => Buffer.from(pem).toString("base64");
  return {
    url,
    writes,
    requests,
    client,
    watches: collections.watches,
    kubeconfig({
      token = "replica-a",
      namespace,
      certificate = false,
      user: other,
      server: address = url,
    } = {}) {
      const ofCertificate = certificate
        ? { "client-certificate-data": base64(client.cert), "client-key-data": base64(client.key) }
        : { token };
      const user = other ?? ofCertificate;
      const context = { cluster: "test", user: "test", ...(namespace === undefined ? {} : { namespace }) };
      const authorityData = proxy ? {} : { "certificate-authority-data": base64(authority.cert) };
      const cluster = { server: address, ...authorityData };
      // JSON is YAML.
      return JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "test", cluster }],
        users: [{ name: "test", user }],
        contexts: [
          { name: "test", context },
          { name: "other", context: { ...context, namespace: "other" } },
        ],
        "current-context": "test",
      });
    },
    get: (lease) => stored.get(lease),
    put: (lease, spec, labels) => void store(lease, labels === undefined ? {} : { labels }, spec),
    delete(lease) {
      const before = stored.get(lease);
      if (before === undefined) return;
      stored.delete(lease);
      // A deletion has a version of its own, with which watches report the object.
      version += 1;
      const metadata = { ...before.metadata, resourceVersion: String(version) };
      collections.changed(before, undefined, { ...before, metadata });
    },
    treat(token, treatment) {
      treatments.set(token, treatment);
      if (treatment !== "serve") server.closeIdleConnections();
    },
    hanging: () => hanging,
    failNext: (count, status) => {
      failing = { count, status };
    },
    loseNextAnswers: (count) => {
      losing = count;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Identifies the client: by a known bearer token, or by the name in a certificate of the cluster's authority. */
function identityOf({ headers, socket }: IncomingMessage): string | undefined {
  const tls = socket as TLSSocket;
  if (tls.authorized) {
    const { raw } = tls.getPeerCertificate();
    return /CN=(.*)/.exec(new X509Certificate(raw).subject)?.[1];
  }
  const token = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
  return token !== undefined && [...TOKENS, "no-rights"].includes(token) ? token : undefined;
}

/** Returns why the real server's validation would refuse a Lease, or undefined. */
function invalidity({ apiVersion, kind, spec = {} }: Partial<LeaseObject>): string | undefined {
  if (apiVersion !== "coordination.k8s.io/v1" || kind !== "Lease") return "no Lease";
  const { leaseDurationSeconds: lasting, leaseTransitions: transitions } = spec;
  if (lasting !== undefined && !(Number.isInteger(lasting) && Number(lasting) > 0)) {
    return "spec.leaseDurationSeconds: Invalid value: must be greater than 0";
  }
  if (transitions !== undefined && !(Number.isInteger(transitions) && Number(transitions) >= 0)) {
    return "spec.leaseTransitions: Invalid value: must be greater than or equal to 0";
  }
  for (const key of ["acquireTime", "renewTime"]) {
    const time = spec[key];
    if (time !== undefined && !(typeof time === "string" && MICRO_TIME.test(time)))
      return `spec.${key}: Invalid value`;
  }
  return undefined;
}
