import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { unixProber } from "../../../src/probers/unix/prober.ts";
import { makeCertificate } from "../../helpers/certificates.ts";
import { serveConduct, serveSecurely } from "../../helpers/line-servers.ts";
import { type TemporaryFolder, temporaryFolder } from "../../helpers/temporary-folder.ts";
import { goldenText, unix } from "../query-response/probing.ts";

const certificate = makeCertificate({
  names: ["DNS:app.example"],
  notAfter: new Date("2100-01-01T00:00:00Z"),
});
const SECURE = { ...certificate, maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" } as const;

let folder: TemporaryFolder;
const at = (name: string): string => join(folder.path, name);

beforeAll(async () => {
  await using resources = new AsyncDisposableStack();
  folder = resources.use(await temporaryFolder());
  await folder.write("file", "no socket\n");
  await folder.write("app/empty", "");
  for (const name of ["app.sock", "app/a.sock", "app/b.socket"])
    resources.use(await serveConduct((socket) => void socket.end("ready\n"), { path: at(name) }));
  resources.use(await serveConduct(() => undefined, { path: at("silent.sock") }));
  resources.use(
    await serveSecurely(SECURE, (socket) => void socket.end("ready\n"), { path: at("tls.sock") }),
  );
  resources.use(
    await serveConduct((socket) => void socket.end("ready\n"), { path: `\0${folder.path}/abstract` }),
  );
  await symlink(at("app"), at("link"));
  await symlink(at("app.sock"), at("app/way-out.sock"));
  await symlink(at("app/a.sock"), at("current.sock"));
  const owned = resources.move();
  return () => owned.disposeAsync();
});

const EXPECT = { query_response: [{ expect: "^ready$" }] };

describe("the exposition", () => {
  test.each([
    ["success", "app.sock", EXPECT],
    [
      "success-tls",
      "tls.sock",
      { tls: true, tls_config: { ca: certificate.cert, server_name: "app.example" } },
    ],
    ["body-mismatch", "app.sock", { query_response: [{ expect: "^steady$" }] }],
    ["certificate", "tls.sock", { tls: true, tls_config: { ca: certificate.cert } }],
    ["connect", "missing.sock", {}],
    ["forbidden-target", "app.sock", { allowed_targets: ["/run/other.sock"] }],
    ["bad-request", "app.sock\0", {}],
    ["timeout", "silent.sock", EXPECT],
  ])("of %s", async (name, socket, options) => {
    const probed = await unix.probe(at(socket), options, { signal: AbortSignal.timeout(1000) });
    await expect(goldenText(probed)).toMatchFileSnapshot(`../../golden/unix/${name}.prom`);
  });
});

describe("a socket that cannot be connected to", () => {
  test.each([
    ["that does not exist", "missing.sock", "it does not exist"],
    ["in a folder that does not exist", "missing/x.sock", "it does not exist"],
    ["below a file", "file/x.sock", "it does not exist"],
    ["that is a file", "file", "it is not a socket"],
    ["that is a folder", "app", "it is not a socket"],
    ["with a long path", "x".repeat(120), "the path is longer than 107 bytes"],
  ])("%s is explained", async (_, name, text) => {
    const { verdict: explained } = await unix.probe(at(name), {}, { configured: true });
    expect(explained).toBe(`connect: no connection to ${at(name)}: ${text}`);
    // Others do not learn what is there.
    const { verdict } = await unix.probe(at(name));
    expect(verdict).toBe(
      `connect: no connection to ${at(name)}: no socket that accepts connections is there; the reason is told for targets and allowed_targets`,
    );
  });

  test("is left behind by a process that has ended", async () => {
    const path = at("left.sock");
    const { spawnSync } = await import("node:child_process");
    const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.exit(1))`;
    expect(spawnSync(process.execPath, ["-e", script]).status).toBe(1);
    expect((await unix.probe(path, {}, { configured: true })).verdict).toBe(
      `connect: no connection to ${path}: no process listens on it`,
    );
    expect((await unix.probe(path)).verdict).toContain("no socket that accepts connections is there");
  });
});

describe("allowed_targets", () => {
  const verdict = async (name: string, allowed: readonly string[]): Promise<string> =>
    (await unix.probe(name.startsWith("@") ? name : at(name), { allowed_targets: allowed })).verdict.split(
      ":",
    )[0] ?? "";

  test.each<[string, string, string[], string]>([
    ["the path itself", "app.sock", ["app.sock"], "success"],
    ["another path", "app.sock", ["tls.sock"], "forbidden_target"],
    ["an empty list", "app.sock", [], "forbidden_target"],
    ["a wildcard", "app/a.sock", ["app/*.sock"], "success"],
    ["a wildcard for a folder", "app/a.sock", ["*/a.sock"], "success"],
    ["one character", "app/a.sock", ["app/?.sock"], "success"],
    ["a wildcard that ends at a slash", "app/a.sock", ["*.sock"], "forbidden_target"],
    ["two wildcards that end at a slash", "app/a.sock", ["**.sock"], "forbidden_target"],
    ["a dot that is no wildcard", "app/b.socket", ["app/b?socket", "app/b.socke"], "success"],
    ["a part of the path", "app/b.socket", ["app/b.socke", "app"], "forbidden_target"],
    ["a path through a link", "link/a.sock", ["app/a.sock"], "success"],
    ["a link", "app/a.sock", ["link/*"], "success"],
    ["a link that is listed itself", "current.sock", ["current.sock"], "success"],
    ["a link out of a folder", "app/way-out.sock", ["app/*"], "forbidden_target"],
    ["a detour", "app/../app.sock", ["app/*"], "forbidden_target"],
    ["a detour to the path itself", "app/../app.sock", ["app.sock"], "success"],
    ["a socket that does not exist", "app/none.sock", ["app/*"], "connect"],
    ["a socket elsewhere that does not exist", "none.sock", ["app/*"], "forbidden_target"],
    ["a file elsewhere", "file", ["app/*"], "forbidden_target"],
  ])("%s", async (_, name, allowed, wanted) => {
    expect(await verdict(name, allowed.map(at))).toBe(wanted);
  });

  test("refuses in the same words whether a path exists or not, and without where its links lead", async () => {
    const answers = new Set<string>();
    for (const name of ["file", "app.sock", "none.sock", "none/none.sock", "app/way-out.sock", "link/../x"])
      answers.add(
        (await unix.probe(at(name), { allowed_targets: [at("app/*.sock")] })).verdict.replace(
          at(name),
          "PATH",
        ),
      );
    expect([...answers]).toEqual(["forbidden_target: PATH is not in allowed_targets"]);
    // A missing path below a link to a folder that is allowed is missing, as it would be below the folder.
    const missing = await unix.probe(at("link/none.sock"), { allowed_targets: [at("app/*.sock")] });
    expect(missing.verdict).toBe(`connect: no connection to ${at("link/none.sock")}: it does not exist`);
  });

  test("of abstract sockets", async () => {
    const name = `@${folder.path}/abstract`;
    expect(await verdict(name, [name])).toBe("success");
    expect(await verdict(name, [`@${folder.path}/*`])).toBe("success");
    expect(await verdict(name, [`@${folder.path}/other`, `${folder.path}/*`])).toBe("forbidden_target");
    expect(await verdict("app.sock", [`@${folder.path}/*`])).toBe("forbidden_target");
  });

  test("does not concern a configured target", async () => {
    const probed = await unix.probe(at("app.sock"), { allowed_targets: [] }, { configured: true });
    expect(probed.verdict).toBe("success");
  });

  test("is reported, if it is not of paths, and missed where something is sent", () => {
    expect(
      unix.compile({ allowed_targets: ["/run/*.sock", "@app", "example.com", "app.sock", "@"] }).problems,
    ).toEqual([
      "allowed_targets.2: got example.com, want an absolute path or @name, in which * and ? stand for characters other than /",
      "allowed_targets.3: got app.sock, want an absolute path or @name, in which * and ? stand for characters other than /",
      "allowed_targets.4: got @, want an absolute path or @name, in which * and ? stand for characters other than /",
    ]);
    const sending = { query_response: [{ send: "a" }] };
    expect(unix.compile(sending).warnings).toEqual([
      "query_response: is sent to every socket that ?target= names; list in allowed_targets those that are meant",
    ]);
    expect(unix.compile({ ...sending, allowed_targets: ["/a"] }).warnings).toEqual([]);
    expect(unix.compile(EXPECT).warnings).toEqual([]);
  });
});

test("STARTTLS needs a name to verify", async () => {
  const { verdict } = await unix.probe(at("app.sock"), {
    query_response: [{ expect: "ready", starttls: true }],
  });
  expect(verdict).toBe(
    "tls: step 1: the target has no name to verify: set tls_config.server_name or insecure_skip_verify",
  );
});

test.each([
  ["/run/app.sock", true],
  ["@app", true],
  ["@", false],
  ["run/app.sock", false],
  ["unix:///run/app.sock", false],
  ["/run/app.sock\0", false],
])("a configured target %j is accepted: %s", (address, accepted) => {
  expect(unixProber.objection({ address, configured: true }) === undefined).toBe(accepted);
  expect(unixProber.objection({ address, configured: false })).toBeUndefined();
});
