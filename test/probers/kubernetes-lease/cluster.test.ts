import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { LeaseAnswer, LeaseApi } from "../../../src/core/lease.ts";
import { openLeases } from "../../../src/probers/kubernetes-lease/api.ts";
import { type KubernetesServer, startKubernetes } from "../../helpers/kubernetes.ts";
import { type TemporaryFolder, temporaryFolder } from "../../helpers/temporary-folder.ts";

const LEASE = { namespace: "kcp", name: "syncer" };

interface World extends AsyncDisposable {
  readonly api: KubernetesServer;
  readonly folder: TemporaryFolder;
  readonly leases: LeaseApi;
  /** Writes the kubeconfig, in place or as a new file under its name. */
  write(content: string, how?: "in place" | "renamed"): Promise<void>;
  read(): Promise<LeaseAnswer>;
}

async function world(options: { proxy?: boolean } = {}): Promise<World> {
  await using resources = new AsyncDisposableStack();
  const api = resources.use(await startKubernetes(options));
  api.put("kcp/syncer", { holderIdentity: "syncer-1" });
  const folder = resources.use(await temporaryFolder());
  const file = join(folder.path, "kube.json");
  const leases = resources.adopt(openLeases({ kubeconfig: file }), (one) => one.close());
  const owned = resources.move();
  return {
    api,
    folder,
    leases,
    async write(content, how = "in place") {
      await writeFile(how === "in place" ? file : `${file}.new`, content);
      if (how === "renamed") await rename(`${file}.new`, file);
    },
    read: () => leases.read(LEASE, AbortSignal.timeout(20_000)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const record = { kind: "record", record: { holder: "syncer-1" } };
const lastToken = ({ api }: World): string | undefined => api.requests.at(-1)?.token;

describe("an API server without TLS, such as kubectl proxy", () => {
  const kubeconfigs: readonly [string, (api: KubernetesServer) => object][] = [
    ["with a user", (api) => JSON.parse(api.kubeconfig())],
    [
      "without users",
      ({ url }) => ({
        clusters: [{ name: "proxy", cluster: { server: url } }],
        contexts: [{ name: "proxy", context: { cluster: "proxy" } }],
        "current-context": "proxy",
      }),
    ],
    [
      "with a slash at the end of the address and a user without credentials",
      ({ url }) => ({
        clusters: [{ name: "proxy", cluster: { server: `${url}/` } }],
        users: [{ name: "me", user: {} }],
        contexts: [{ name: "proxy", context: { cluster: "proxy", user: "me" } }],
        "current-context": "proxy",
      }),
    ],
    [
      "with a scheme in capitals",
      ({ url }) => ({
        clusters: [{ name: "proxy", cluster: { server: url.replace("http:", "HTTP:") } }],
        contexts: [{ name: "proxy", context: { cluster: "proxy" } }],
        "current-context": "proxy",
      }),
    ],
  ];
  test.each(kubeconfigs)("serves Leases: %s", async (_, content) => {
    await using it = await world({ proxy: true });
    await it.write(JSON.stringify({ apiVersion: "v1", kind: "Config", ...content(it.api) }));
    expect(await it.read()).toMatchObject(record);
    const next = { holder: "me", transitions: 1 };
    const created = await it.leases.create(
      { namespace: "kcp", name: "new" },
      next,
      AbortSignal.timeout(20_000),
    );
    expect(created).toMatchObject({ kind: "record", record: { holder: "me" } });
  });
});

test("a cluster without a user is verified by its own authority, and asks for credentials", async () => {
  await using it = await world();
  const { users: _users, ...anonymous } = JSON.parse(it.api.kubeconfig());
  await it.write(JSON.stringify(anonymous));
  expect(await it.read()).toMatchObject({ kind: "failed", reason: "auth" });
});

describe("a kubeconfig that changes", () => {
  const mistakes: readonly [string, (api: KubernetesServer) => string, string][] = [
    [
      "an address at which nothing listens",
      (api) => api.kubeconfig({ server: "https://127.0.0.1:1" }),
      "connect",
    ],
    ["no YAML", () => "{", "file_missing"],
    ["an empty file", () => "", "file_missing"],
    ["a wrong token", (api) => api.kubeconfig({ token: "wrong" }), "auth"],
    ["a wrong authority", (api) => api.kubeconfig().replace(/(authority-data":")[^"]*/, "$1LS0t"), "tls"],
  ];
  test.each(mistakes)("is used as soon as it is corrected: %s", async (_, wrong, reason) => {
    for (const how of ["in place", "renamed"] as const) {
      await using it = await world();
      await it.write(wrong(it.api));
      expect(await it.read()).toMatchObject({ kind: "failed", reason });
      expect(await it.read()).toMatchObject({ kind: "failed", reason });
      await it.write(it.api.kubeconfig(), how);
      expect(await it.read()).toMatchObject(record);
    }
  });

  test("is used as soon as it is replaced by another that is right too", async () => {
    await using it = await world();
    await it.write(it.api.kubeconfig({ token: "replica-a" }));
    expect(await it.read()).toMatchObject(record);
    await it.write(it.api.kubeconfig({ token: "replica-b" }), "renamed");
    expect(await it.read()).toMatchObject(record);
    expect(lastToken(it)).toBe("replica-b");
  });

  test("is an error once it is removed, and used when it is back", async () => {
    await using it = await world();
    await it.write(it.api.kubeconfig());
    expect(await it.read()).toMatchObject(record);
    await rm(join(it.folder.path, "kube.json"));
    expect(await it.read()).toMatchObject({ kind: "failed", reason: "file_missing" });
    await it.write(it.api.kubeconfig());
    expect(await it.read()).toMatchObject(record);
  });
});

describe("credentials in files", () => {
  test("a rotated token is sent with the next call, without a rejected one", async () => {
    await using it = await world();
    await it.folder.write("secrets/token", "replica-a\n");
    await it.write(it.api.kubeconfig({ user: { token: "old", tokenFile: "secrets/token" } }));
    expect(await it.read()).toMatchObject(record);
    await it.folder.write("secrets/token", "replica-b\n");
    expect(await it.read()).toMatchObject(record);
    expect(it.api.requests.map(({ token, status }) => [token, status])).toEqual([
      ["replica-a", 200],
      ["replica-b", 200],
    ]);
  });

  test("a missing token is an error that names its file", async () => {
    await using it = await world();
    await it.write(it.api.kubeconfig({ user: { tokenFile: "nowhere" } }));
    expect(await it.read()).toMatchObject({ reason: "auth", detail: expect.stringContaining("nowhere") });
  });

  test("a rotated certificate is used with the next call", async () => {
    await using it = await world();
    const { cert, key } = it.api.client;
    await using other = await startKubernetes();
    await it.folder.write("client.crt", other.client.cert);
    await it.folder.write("client.key", other.client.key);
    await it.write(
      it.api.kubeconfig({ user: { "client-certificate": "client.crt", "client-key": "client.key" } }),
    );
    expect(await it.read()).toMatchObject({ reason: "auth" });
    await it.folder.write("client.crt", cert);
    await it.folder.write("client.key", key);
    expect(await it.read()).toMatchObject(record);
    expect(lastToken(it)).toBe("certificate-user");
  });
});
