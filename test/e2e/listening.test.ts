import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { startExporter, terminate } from "../helpers/exporter.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { failedStart, get, MODULES, urlsOf } from "../helpers/listeners.ts";
import { freePort, waitUntil } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const GZIP = { "Accept-Encoding": "gzip" };

describe("several addresses", () => {
  it("answer alike, compressed when asked to be", async () => {
    await using target = await serveHttp((_request, response) => void response.end("fine"));
    await using folder = await temporaryFolder();
    const socket = join(folder.path, "x.sock");
    await using exporter = await startExporter({
      yaml: MODULES,
      args: ["127.0.0.1:0", "127.0.0.1:0", "[::1]:0", `unix://${socket}`].map(
        (address) => `--web.listen-address=${address}`,
      ),
    });
    const urls = await waitUntil("all listeners", () => {
      const found = urlsOf(exporter.process);
      return found.length === 4 ? found : undefined;
    });
    expect(urls.map((url) => url.replace(/\d+$/, "PORT"))).toEqual([
      "http://127.0.0.1:PORT",
      "http://127.0.0.1:PORT",
      "http://[::1]:PORT",
      `unix://${socket}`,
    ]);
    expect(new Set(urls).size).toBe(4);
    const probe = `/probe?module=http_2xx&target=${target.host}`;
    for (const url of urls) {
      for (const path of [probe, "/metrics"]) {
        const plain = await get(url, path);
        expect([plain.status, plain.headers["content-encoding"]]).toEqual([200, undefined]);
        const zipped = await get(url, path, GZIP);
        expect([zipped.status, zipped.headers["content-encoding"]]).toEqual([200, "gzip"]);
        expect(zipped.body.length).toBeLessThan(plain.body.length / 2);
        const marker = path === probe ? "probe_success 1\n" : "heartbeat_exporter_build_info{";
        for (const text of [plain.body.toString(), gunzipSync(zipped.body).toString()])
          expect(text).toContain(marker);
      }
    }
    const { exit, took } = await terminate(exporter);
    expect(exit).toEqual({ code: 0, signal: null });
    expect(took).toBeLessThan(5);
  });

  it("are all or none: a second one that cannot be used ends the start, and leaves no socket behind", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    await using folder = await temporaryFolder();
    const socket = join(folder.path, "x.sock");
    const args = [`--web.listen-address=unix://${socket}`, `--web.listen-address=127.0.0.1:${port}`];
    const { code, text } = await failedStart(args);
    other.close();
    expect(code).toBe(1);
    expect(text).toBe(
      `127.0.0.1:${port}: the port is in use by another program; choose another with --web.listen-address\n`,
    );
    expect(existsSync(socket)).toBe(false);
  });

  it("must differ", async () => {
    const port = await freePort();
    const flag = `--web.listen-address=127.0.0.1:${port}`;
    expect(await failedStart([flag, flag])).toEqual({
      code: 1,
      text: `127.0.0.1:${port}: the port is in use by another --web.listen-address\n`,
    });
  });
});

describe("--config.auto-reload-interval", () => {
  it("is how soon a change of the file is seen, 30 s by default", async () => {
    const yaml = (name: string) => MODULES.replace("http_2xx", name);
    await using soon = await startExporter({
      yaml: yaml("one"),
      args: ["--config.enable-auto-reload", "--config.auto-reload-interval=1"],
    });
    await using later = await startExporter({ yaml: yaml("one"), args: ["--config.enable-auto-reload"] });
    await using never = await startExporter({
      yaml: yaml("one"),
      args: ["--config.auto-reload-interval=1s"],
    });
    for (const exporter of [soon, later, never]) await exporter.folder.write("exporter.yml", yaml("two"));
    await waitUntil("the reload", async () => (await soon.get("/config")).includes("two") || undefined);
    for (const exporter of [later, never]) expect(await exporter.get("/config")).toContain("one");
  });
});
