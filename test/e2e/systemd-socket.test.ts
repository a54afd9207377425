import { createSocket } from "node:dgram";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { runMain } from "../helpers/exporter.ts";
import { failedStart, get, isSocket, MODULES, urlsOf } from "../helpers/listeners.ts";
import { freePort, type Running, run, waitUntil } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const FLAG = "--web.systemd-socket";

/** Returns the descriptor of an open socket, which Node.js does not show otherwise. */
function descriptorOf(socket: object): number {
  const state = Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === "state symbol",
  );
  const owner = state === undefined ? socket : (Reflect.get(socket, state) as object);
  const handle = Reflect.get(owner, "_handle") ?? Reflect.get(owner, "handle");
  return Number(Reflect.get(handle as object, "fd"));
}

/** Listens on the loopback interface. */
async function onLoopback(host: string): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://${host.includes(":") ? `[${host}]` : host}:${port}` };
}

/** Listens on a path, which stays there when the server is closed. */
async function onPath(path: string): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer().listen(`${path}.new`);
  await once(server, "listening");
  await rename(`${path}.new`, path);
  return { server, url: `unix://${path}` };
}

/** Starts the exporter as systemd does: its process has the descriptors, and the variables that name it. */
function activate(
  descriptors: readonly number[],
  args: readonly string[],
  count = String(descriptors.length),
): Running {
  const command = ["sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=${count} exec "$@"`, "sh"];
  return runMain([FLAG, ...args], {}, { command, descriptors });
}

describe("--web.systemd-socket", () => {
  it("listens on all sockets that it is passed, TCP and unix, and leaves them to systemd at the end", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "x.sock");
    const config = await folder.write("exporter.yml", MODULES);
    const sockets = [await onLoopback("127.0.0.1"), await onLoopback("::1"), await onPath(path)];
    await using exporter = activate(
      sockets.map(({ server }) => descriptorOf(server)),
      [`--config.file=${config}`, "--web.listen-address=127.0.0.1:1"],
    );
    // The exporter alone accepts connections from here on.
    for (const { server } of sockets) server.close();
    const urls = await waitUntil("all listeners", () => {
      const found = urlsOf(exporter);
      return found.length === 3 ? found : undefined;
    });
    expect(urls).toEqual([sockets[0]?.url, sockets[1]?.url, "unix://fd/5"]);
    for (const { url } of sockets) {
      const { status, headers, body } = await get(url, "/metrics", { "Accept-Encoding": "gzip" });
      expect([status, headers["content-encoding"]]).toEqual([200, "gzip"]);
      expect(gunzipSync(body).toString()).toContain("heartbeat_exporter_build_info{");
    }
    exporter.kill("SIGTERM");
    expect(await exporter.exited).toEqual({ code: 0, signal: null });
    expect(isSocket(path)).toBe(true);
  });

  it("works with systemd's own tool", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "x.sock");
    const port = await freePort();
    const config = await folder.write("exporter.yml", MODULES);
    const command = ["systemd-socket-activate", `--listen=127.0.0.1:${port}`, `--listen=${path}`];
    await using exporter = runMain([`--config.file=${config}`, FLAG], {}, { command });
    await waitUntil("the socket", () => isSocket(path) || undefined);
    // The first connection starts the exporter, and waits for it.
    expect((await get(`http://127.0.0.1:${port}`, "/-/healthy")).status).toBe(200);
    await exporter.waitForOutput(/heartbeat-exporter also listens/);
    expect((await get(`unix://${path}`, "/metrics")).status).toBe(200);
  });

  it("has units in the documentation that systemd accepts", async () => {
    await using folder = await temporaryFolder();
    const page = readFileSync(new URL("../../docs/listening.md", import.meta.url), "utf8");
    const units = [...page.matchAll(/^```ini\n# (\S+)\n([^]*?)^```/gm)];
    expect(units.map(([, name]) => name)).toEqual([
      "heartbeat-exporter.socket",
      "heartbeat-exporter.service",
    ]);
    const files: string[] = [];
    for (const [, name = "", text = ""] of units)
      files.push(await folder.write(name, text.replace("/usr/bin/heartbeat-exporter", "/bin/true")));
    expect(await run(["systemd-analyze", "verify", ...files])).toMatchObject({ code: 0, stderr: "" });
    expect(page).toContain(
      `ExecStart=/usr/bin/heartbeat-exporter --config.file=/etc/heartbeat-exporter/exporter.yml ${FLAG}`,
    );
  });

  it.each([
    ["without sockets", {}, "got no sockets: LISTEN_FDS and LISTEN_PID are not set; want a .socket unit"],
    [
      "with sockets for another process",
      { LISTEN_FDS: "1", LISTEN_PID: "1" },
      "got sockets for the process 1, but this is ",
    ],
  ])("ends the start %s", async (_title, env, text) => {
    const end = await failedStart([FLAG], env);
    expect(end.code).toBe(1);
    expect(end.text).toContain(`${FLAG}: ${text}`);
  });

  it.each([
    ["LISTEN_FDS=0", "0", "got LISTEN_FDS=0, want the number of sockets, which is at least 1"],
    ["LISTEN_FDS=x", "x", "got LISTEN_FDS=x, want the number of sockets, which is at least 1"],
    ["a file", "1", "got the file descriptor 3, which is no socket; want ListenStream="],
    [
      "more sockets than there are",
      "900",
      "got the file descriptor 3, which is no socket; want ListenStream=",
    ],
  ])("ends the start with %s", async (_title, count, text) => {
    await using folder = await temporaryFolder();
    const config = await folder.write("exporter.yml", MODULES);
    await using exporter = activate([openSync(config, "r")], [`--config.file=${config}`], count);
    expect((await exporter.exited).code).toBe(1);
    expect(exporter.stderr()).toBe(`${FLAG}: ${text}\n`);
  });

  it("ends the start with a socket for datagrams", async () => {
    await using folder = await temporaryFolder();
    const config = await folder.write("exporter.yml", MODULES);
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    await using exporter = activate([descriptorOf(socket)], [`--config.file=${config}`]);
    expect((await exporter.exited).code).toBe(1);
    socket.close();
    expect(exporter.stderr()).toMatch(
      /^--web\.systemd-socket: got the file descriptor 3, on which the exporter cannot listen \(.*\); want ListenStream= and Accept=no\n$/,
    );
  });

  it("is not needed for --config.check", async () => {
    await using folder = await temporaryFolder();
    const config = await folder.write("exporter.yml", MODULES);
    await using check = runMain([`--config.file=${config}`, FLAG, "--config.check"]);
    expect((await check.exited).code).toBe(0);
  });
});
