import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BlackboxExporter, startBlackbox } from "../helpers/blackbox.ts";
import { type ExporterProcess, runMain, startExporter } from "../helpers/exporter.ts";
import { parseExposition } from "../helpers/exposition.ts";
import { serveHttp, type TestServer } from "../helpers/http-targets.ts";
import { placeOf, send } from "../helpers/listeners.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";
import { runTool } from "../helpers/tools.ts";

const YAML = "modules: { http_2xx: { prober: http }, other: { prober: http } }\n";

let theirs: BlackboxExporter;
let ours: ExporterProcess;
let target: TestServer;
let folder: TemporaryFolder;
/** The file of blackbox_exporter. */
let theirFile: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  theirFile = await folder.write("blackbox.yml", YAML);
  target = await serveHttp((_request, response) => void response.end("fine"));
  theirs = await startBlackbox({ version: "newest", config: { path: theirFile } });
  ours = await startExporter({ yaml: YAML, args: ["--compat.blackbox-metrics"] });
});
afterAll(async () => {
  for (const one of [theirs, ours, target, folder]) await one[Symbol.asyncDispose]();
});

interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends a request to both exporters. */
const both = async (path: string, { body, ...options }: Ask = {}) =>
  Promise.all(
    [theirs.url, ours.url].map(async (url) => {
      const { status, headers, body: bytes } = await send({ ...placeOf(url), path, ...options }, body);
      return { status, headers, text: bytes.toString() };
    }),
  );

const statuses = async (path: string, request?: Ask): Promise<readonly number[]> =>
  (await both(path, request)).map(({ status }) => status);

describe("/logs", () => {
  beforeAll(async () => {
    for (const host of [target.host, "127.0.0.1:1", target.host]) await both(`/probe?target=${host}`);
    await both(`/probe?target=${target.host}/x&module=other`);
  });

  test.each([
    ["?id=nonsense", 400],
    ["?id=", 400],
    ["?id=99999", 404],
    ["?target=127.0.0.1:1", 200],
    ["?target=127.0.0.1:1&module=http_2xx", 200],
    ["?target=127.0.0.1:1&module=other", 404],
    ["?target=127.0.0.1:1&module=unknown", 404],
    ["?target=127.0.0.1:2", 404],
    ["?target=", 400],
    ["?module=http_2xx", 400],
    ["?id=1&target=127.0.0.1:1", 400],
    ["?id=1&module=http_2xx", 400],
  ])("%s", async (query, status) => {
    expect(await statuses(`/logs${query}`)).toEqual([status, status]);
  });

  test("is the same kind of text", async () => {
    for (const path of [`/logs?target=${target.host}&module=http_2xx`, "/logs?target=127.0.0.1:1"]) {
      for (const { headers, text } of await both(path)) {
        expect(headers["content-type"]).toMatch(/^text\/plain/);
        expect(text).toMatch(
          /^Logs for the probe:\n[^]*\n\n\nMetrics that would have been returned:\n[^]*^probe_success [01]\n[^]*\n\n\nModule configuration:\nprober: http\n/m,
        );
      }
    }
  });

  test("has all lines of the log here, and those of errors there", async () => {
    for (const path of [`/logs?target=${target.host}`, `/probe?target=${target.host}&debug=true`]) {
      const logs = (await both(path)).map(({ text }) => text.split("\n\n")[0]?.split("\n").slice(1));
      expect(logs[0]).toEqual([]);
      expect(logs[1]).toContainEqual(expect.stringContaining("requesting"));
    }
  });

  test("lists the recent probes here, where blackbox_exporter refuses the request", async () => {
    expect(await statuses("/logs")).toEqual([400, 200]);
  });
});

describe("POST /-/reload", () => {
  test.each([
    ["as side-cars send it", { method: "POST" }, 200],
    ["with a body", { method: "POST", body: "reload=now" }, 200],
    ["with a payload", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }, 200],
    ["with GET", { method: "GET" }, 405],
    ["with PUT", { method: "PUT" }, 405],
  ])("%s", async (_title, request, status) => {
    expect(await statuses("/-/reload", request)).toEqual([status, status]);
  });
});

describe("the metrics of blackbox_exporter", () => {
  /** Returns names with types, and series without the values of the labels. */
  const shapeOf = (text: string) => {
    const { types, series } = parseExposition(text);
    const own = series.filter(({ name }) => name.startsWith("blackbox_"));
    return {
      types: Object.fromEntries([...types].filter(([name]) => name.startsWith("blackbox_"))),
      labels: own.map(({ name, labels }) => `${name} ${Object.keys(labels).toSorted().join()}`).toSorted(),
      values: Object.fromEntries(
        own.filter(({ name }) => !name.includes("timestamp")).map(({ name, value }) => [name, value]),
      ),
    };
  };
  const shapes = async () => (await both("/metrics")).map(({ text }) => shapeOf(text));
  const write = (yaml: string) =>
    Promise.all([writeFile(theirFile, yaml), writeFile(join(ours.folder.path, "exporter.yml"), yaml)]);
  const timestampsOf = async () =>
    (await both("/metrics")).map(({ text }) =>
      Number(/^blackbox_exporter_config_last_reload_success_timestamp_seconds (\S+)$/m.exec(text)?.[1]),
    );

  test("have its names, types, labels and values", async () => {
    const [before, after] = await shapes();
    expect(Object.keys(before?.types ?? {})).toHaveLength(4);
    expect(after).toEqual(before);
  });

  test("count the requests for unknown modules, and no others", async () => {
    const counts = async () =>
      (await shapes()).map(({ values }) => values["blackbox_module_unknown_total"] ?? -1);
    const before = await counts();
    for (const query of [
      "module=unknown&target=x",
      "module=unknown",
      "target=127.0.0.1:1",
      "module=http_2xx",
      "module=other&target=",
    ])
      await both(`/probe?${query}`);
    expect(await counts()).toEqual(before.map((count) => count + 2));
  });

  test("tell of failed and successful reloads", async () => {
    const first = await timestampsOf();
    await write("modules: { http_2xx: { prober: http, colour: blue } }\n");
    expect(await statuses("/-/reload", { method: "POST" })).toEqual([500, 500]);
    let [before, after] = await shapes();
    expect(before?.values["blackbox_exporter_config_last_reload_successful"]).toBe(0);
    expect(after?.values).toEqual(before?.values);
    expect(await timestampsOf()).toEqual(first);
    await write(YAML);
    expect(await statuses("/-/reload", { method: "POST" })).toEqual([200, 200]);
    [before, after] = await shapes();
    expect(before?.values["blackbox_exporter_config_last_reload_successful"]).toBe(1);
    expect(after?.values).toEqual(before?.values);
    for (const [i, at] of (await timestampsOf()).entries()) expect(at).toBeGreaterThan(first[i] ?? 0);
  });

  test("are not there without --compat.blackbox-metrics", async () => {
    await using plain = await startExporter({ yaml: YAML });
    expect(await plain.get("/metrics")).not.toContain("blackbox_");
  });
});

test.each(["/metrics", "/probe"])("%s is compressed by both when asked to be", async (path) => {
  const query = path === "/probe" ? `?target=${target.host}` : "";
  for (const { headers } of await both(path + query, { headers: { "Accept-Encoding": "gzip" } }))
    expect(headers["content-encoding"]).toBe("gzip");
});

describe("flags", () => {
  const accepted = async (args: readonly string[]): Promise<readonly boolean[]> => {
    const line = [...args, "--config.check", `--config.file=${theirFile}`];
    await using run = runMain(line);
    const [{ code: other }, { code }] = await Promise.all([
      runTool("blackbox_exporter", "newest", line),
      run.exited,
    ]);
    return [other === 0, code === 0];
  };

  test.each([
    ["--config.auto-reload-interval=30", true],
    ["--config.enable-auto-reload", true],
    ["--no-config.enable-auto-reload", true],
    ["--log.prober=debug", true],
    ["--log.prober=WARN", true],
    ["--log.level=INFO", true],
    ["--web.systemd-socket", true],
    ["--no-web.systemd-socket", true],
    ["--web.config.file=", true],
    ["--web.listen-address=:9115 --web.listen-address=[::1]:9116", true],
    ["--history.limit=7 --timeout-offset=0.25", true],
    ["--web.external-url=http://x/y --web.route-prefix=/z", true],
    ["--config.auto-reload-interval=-1", false],
    ["--config.auto-reload-interval=0.5", false],
    ["--config.auto-reload-interval=soon", false],
    ["--log.level=info --log.level=info", false],
    ["--config.check", false],
    ["--history.limit=7 --history.limit=7", false],
    ["--web.config.file= --web.config.file=", false],
    ["--log.prober=info --log.prober=debug", false],
    ["--config.enable-auto-reload --no-config.enable-auto-reload", false],
    ["--web.systemd-socket=true", false],
    ["--unknown", false],
  ])("%s", async (line, wanted) => {
    expect(await accepted(line.split(" "))).toEqual([wanted, wanted]);
  });

  test.each([
    ["--config.auto-reload-interval=1m", false, true],
    ["--timeout-offset=250ms", false, true],
    ["--log.prober=trace", true, false],
    ["--config.auto-reload-interval=0", true, false],
    ["--web.listen-address=vsock://:9115", true, false],
    ["--web.listen-address=unix:///run/x.sock", true, true],
  ])("%s: %s there, %s here", async (line, other, own) => {
    expect(await accepted(line.split(" "))).toEqual([other, own]);
  });
});
