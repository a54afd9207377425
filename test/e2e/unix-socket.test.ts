import { once } from "node:events";
import { existsSync, lstatSync } from "node:fs";
import { mkdir, readdir, rm, symlink } from "node:fs/promises";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import bcrypt from "bcryptjs";
import { describe, expect, it } from "vitest";
import { makeCertificate } from "../helpers/certificates.ts";
import { type ExporterProcess, runMain, terminate } from "../helpers/exporter.ts";
import { failedStart, get, isSocket, MODULES, send } from "../helpers/listeners.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";

const modeOf = (path: string): number => lstatSync(path).mode & 0o777;

describe("a unix socket", () => {
  it.each([
    ["", 0o660],
    ["?mode=0600", 0o600],
    ["?mode=666", 0o666],
  ])("has the permissions of %j, whatever the umask is, and is removed at the end", async (more, mode) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "x.sock");
    await using exporter = await startOnSocket({
      path,
      more,
      command: ["sh", "-c", 'umask 077; exec "$@"', "sh"],
    });
    expect([isSocket(path), modeOf(path)]).toEqual([true, mode]);
    expect((await get(`unix://${path}`, "/-/healthy")).status).toBe(200);
    expect(exporter.process.output()).toContain(`address=unix://${path}`);
    const { exit } = await terminate(exporter);
    expect(exit).toEqual({ code: 0, signal: null });
    expect(existsSync(path)).toBe(false);
  });

  it("that a killed exporter left is replaced", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "x.sock");
    {
      await using killed = await startOnSocket({ path });
      killed.process.kill("SIGKILL");
      await killed.process.exited;
    }
    expect(isSocket(path)).toBe(true);
    await expect(get(`unix://${path}`, "/-/healthy")).rejects.toThrow("ECONNREFUSED");
    await using exporter = await startOnSocket({ path });
    expect(await exporter.get("/-/healthy")).toBe("Healthy\n");
    expect(await folderOf(folder)).toEqual(["x.sock"]);
  });

  it("that another program listens on is left alone", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "x.sock");
    await using first = await startOnSocket({ path });
    const second = await failedStart([`--web.listen-address=unix://${path}`]);
    expect(second).toEqual({
      code: 1,
      text: `unix://${path}: another program listens on this socket; stop it, or choose another path\n`,
    });
    expect(await first.get("/-/healthy")).toBe("Healthy\n");
    expect(await folderOf(folder)).toEqual(["x.sock"]);
  });

  it("may have a path of 96 bytes", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "x".repeat(96 - Buffer.byteLength(`${folder.path}/`)));
    await using exporter = await startOnSocket({ path });
    expect(await exporter.get("/-/healthy")).toBe("Healthy\n");
    const deep = join(folder.path, "y".repeat(94 - Buffer.byteLength(`${folder.path}/`)), "z");
    await mkdir(dirname(deep));
    await using other = await startOnSocket({ path: deep });
    expect(await other.get("/-/healthy")).toBe("Healthy\n");
  });

  it("of a successor at the same path survives the end of its predecessor", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "x.sock");
    await using first = await startOnSocket({ path });
    await rm(path);
    await using second = await startOnSocket({ path });
    await terminate(first);
    expect(await second.get("/-/healthy")).toBe("Healthy\n");
  });

  it.each([
    ["a file", "file", "the path exists and is no socket; choose another, or remove it"],
    ["a link", "link", "the path exists and is no socket; choose another, or remove it"],
    ["a folder", "folder", "the path exists and is no socket; choose another, or remove it"],
    ["a missing folder", "missing/x.sock", "its folder does not exist; create it first"],
    ["a file for a folder", "file/x.sock", "a part of the path is no folder"],
  ])("is refused on %s", async (_title, name, problem) => {
    await using folder = await temporaryFolder();
    await folder.write("file", "content");
    await folder.write("folder/file", "content");
    await symlink("file", join(folder.path, "link"));
    const path = join(folder.path, name);
    expect(await failedStart([`--web.listen-address=unix://${path}`])).toEqual({
      code: 1,
      text: `unix://${path}: ${problem}\n`,
    });
    expect(await folderOf(folder)).toEqual(["file", "folder", "link"]);
  });

  it("does not wait at the end for a client that sends no request", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "x.sock");
    await using exporter = await startOnSocket({ path });
    const idle = connect(path);
    await once(idle, "connect");
    idle.on("error", () => {});
    idle.write("GET /metrics HTTP/1.1\r\n");
    const { exit, took } = await terminate(exporter);
    idle.destroy();
    expect(exit.code).toBe(0);
    expect(took).toBeLessThan(5);
  });

  it("demands the certificates and passwords of --web.config.file like an address", async () => {
    const server = makeCertificate({ names: ["DNS:exporter"] });
    await using folder = await temporaryFolder();
    await folder.write("server.crt", server.cert);
    await folder.write("server.key", server.key);
    const web = await folder.write(
      "web.yml",
      `tls_server_config: { cert_file: server.crt, key_file: server.key }\nbasic_auth_users: { alice: "${bcrypt.hashSync("sesame", 4)}" }`,
    );
    const socketPath = join(folder.path, "x.sock");
    await using exporter = await startOnSocket({ path: socketPath, args: [`--web.config.file=${web}`] });
    expect(exporter.process.output()).toContain(`address=unix://${socketPath}`);
    const options = { socketPath, path: "/metrics", ca: server.cert, servername: "exporter" };
    expect((await send(options)).status).toBe(401);
    expect((await send({ ...options, auth: "alice:sesame" })).status).toBe(200);
    await expect(send({ socketPath, path: "/metrics" })).rejects.toThrow(/hang up|ECONNRESET/);
  });
});

/** Starts an exporter that listens on a socket alone. */
async function startOnSocket({
  path,
  more = "",
  args = [],
  command = [],
}: {
  readonly path: string;
  readonly more?: string;
  readonly args?: readonly string[];
  readonly command?: readonly string[];
}): Promise<ExporterProcess> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  const config = await folder.write("exporter.yml", MODULES);
  const process = resources.use(
    runMain(
      [`--config.file=${config}`, `--web.listen-address=unix://${path}${more}`, ...args],
      {},
      { command },
    ),
  );
  await process.waitForOutput(/heartbeat-exporter listens/);
  const owned = resources.move();
  const url = `unix://${path}`;
  return {
    url,
    process,
    folder,
    get: async (route) => (await get(url, route)).body.toString(),
    json: async (route) => JSON.parse((await get(url, route)).body.toString()) as Record<string, unknown>,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const folderOf = async ({ path }: TemporaryFolder): Promise<readonly string[]> => {
  return (await readdir(path)).toSorted();
};
