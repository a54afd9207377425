import { describe, expect, it } from "vitest";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { waitUntil } from "../helpers/process.ts";

const TOKEN = "control-token-of-the-test";
const files = { token: TOKEN };

/** A configuration of 500 targets, which is long enough for a thread of its own, with a name that tells its version. */
const configuration = (version: string): string =>
  `control: { token_file: token }\nmodules: { web: { prober: http } }\ntargets:\n${Array.from(
    { length: 500 },
    (_, i) => `  - { name: ${version}-${i}, module: web, target: "http://127.0.0.1:9/${i}" }\n`,
  ).join("")}`;

const post = ({ url }: ExporterProcess): Promise<Response> =>
  fetch(`${url}/-/reload`, { method: "POST", headers: { Authorization: `Bearer ${TOKEN}` } });

/** The versions of the targets that are configured now. */
async function versions({ url }: ExporterProcess): Promise<readonly string[]> {
  const response = await fetch(`${url}/sd`);
  const groups = (await response.json()) as readonly { readonly targets: readonly string[] }[];
  const text = JSON.stringify(groups);
  return [...new Set(text.match(/\bv\d+(?=-\d+)/g))];
}

const reloads = ({ process }: ExporterProcess): number =>
  process.output().match(/configuration reloaded/g)?.length ?? 0;

const lastSuccessful = async (exporter: ExporterProcess): Promise<number | undefined> =>
  valueOf(
    await exporter.get("/metrics?collect[]=exporter"),
    "heartbeat_exporter_config_last_reload_successful",
  );

describe("a reload of a long configuration", () => {
  it("does nothing for an unchanged file, and applies a changed one", async () => {
    await using exporter = await startExporter({ yaml: configuration("v1"), files });
    expect(await versions(exporter)).toEqual(["v1"]);
    expect((await post(exporter)).status).toBe(200);
    await exporter.process.waitForOutput(/configuration reloaded.*outcome=unchanged/);
    await exporter.folder.write("exporter.yml", configuration("v2"));
    expect((await post(exporter)).status).toBe(200);
    await exporter.process.waitForOutput(/configuration reloaded.*outcome=changed/);
    expect(await versions(exporter)).toEqual(["v2"]);
    expect(await exporter.get("/config")).toContain("name: v2-499");
  });

  it("happens once or a few times for a storm of SIGHUP, and the last file wins", async () => {
    await using exporter = await startExporter({ yaml: configuration("v1"), files });
    for (let version = 2; version <= 6; version += 1) {
      await exporter.folder.write("exporter.yml", configuration(`v${version}`));
      for (let i = 0; i < 20; i += 1) exporter.process.kill("SIGHUP");
    }
    await waitUntil("the last version", async () => (await versions(exporter))[0] === "v6" || undefined);
    // A last reload may still run: this one follows it.
    expect((await post(exporter)).status).toBe(200);
    expect(await versions(exporter)).toEqual(["v6"]);
    expect(reloads(exporter)).toBeLessThan(20);
  });

  it("answers each request with the outcome of a reload that read the file after it", async () => {
    await using exporter = await startExporter({ yaml: configuration("v1"), files });
    await exporter.folder.write("exporter.yml", configuration("v2"));
    const first = Array.from({ length: 5 }, () => post(exporter));
    const broken = configuration("v3").replace("prober: http", "prober: htp");
    await Promise.all(first);
    await exporter.folder.write("exporter.yml", broken);
    const second = await Promise.all(Array.from({ length: 5 }, () => post(exporter)));
    for (const response of second) {
      expect(response.status).toBe(500);
      expect(await response.text()).toContain(':2:27: modules.web.prober: got "htp", want ');
    }
    expect(await versions(exporter)).toEqual(["v2"]);
    expect(await lastSuccessful(exporter)).toBe(0);
    await exporter.folder.write("exporter.yml", configuration("v4"));
    const third = await Promise.all(Array.from({ length: 5 }, () => post(exporter)));
    expect(third.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(await versions(exporter)).toEqual(["v4"]);
    expect(await lastSuccessful(exporter)).toBe(1);
  });

  it("reads the file while it is reloaded by its watch, by signals and by requests at once", async () => {
    await using exporter = await startExporter({
      yaml: configuration("v1"),
      files,
      args: ["--config.enable-auto-reload", "--config.auto-reload-interval=2"],
    });
    await exporter.folder.write("exporter.yml", configuration("v2"));
    exporter.process.kill("SIGHUP");
    expect((await post(exporter)).status).toBe(200);
    expect(await versions(exporter)).toEqual(["v2"]);
    await exporter.folder.write("exporter.yml", configuration("v3"));
    await waitUntil("the watch", async () => (await versions(exporter))[0] === "v3" || undefined);
  });
});
