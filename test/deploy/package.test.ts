import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { runMain } from "../helpers/exporter.ts";
import { run } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { CHART, helm, RELEASE, render } from "./chart.ts";

const REPOSITORY = join(CHART, "../../..");
const VERSION = (JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")) as { version: string })
  .version;

/** Everything that a chart may create. */
const EVERYTHING = {
  replicas: 2,
  leaderElection: { enabled: true },
  ingress: { enabled: true, hosts: [{ host: "a.test" }] },
  networkPolicy: { enabled: true },
  podDisruptionBudget: { enabled: true },
  monitoring: { serviceMonitor: { enabled: true }, prometheusRule: { enabled: true } },
  dashboards: { enabled: true },
};

/** Most bytes of a Secret, in which helm keeps a release. */
const SECRET_LIMIT = 1_048_576;

/** Returns the notes that helm prints after an installation. Only the real helm renders them, but not without a cluster. */
async function notes(values: object): Promise<string> {
  await using folder = await temporaryFolder();
  const chart = join(folder.path, "chart");
  cpSync(CHART, chart, { recursive: true, filter: (path) => !path.includes("/files") });
  const template = 'kind: Notes\ntext: {{ include (print $.Template.BasePath "/NOTES.txt") . | toJson }}\n';
  writeFileSync(join(chart, "templates/notes.yaml"), template);
  const { text } = await render(values, { chart, more: ["--show-only", "templates/notes.yaml"] });
  return (parse(text) as { text: string }).text;
}

describe("the packaged chart", () => {
  test("contains every rule and dashboard as files, and renders as the folder does", async () => {
    await using folder = await temporaryFolder();
    const packaged = await helm(["package", CHART, "--destination", folder.path]);
    expect(packaged).toMatchObject({ code: 0, stderr: "" });
    const archive = join(folder.path, `heartbeat-exporter-${VERSION}.tgz`);
    const listed = await run(["tar", "--list", "--verbose", "--file", archive]);
    expect(listed.stdout).not.toMatch(/^[^-d]|source|\/tests\/.*\.test\.yml|\.ts$/m);
    const files = listed.stdout.split("\n").map((line) => line.replace(/^.* heartbeat-exporter\//, ""));
    const there = (path: string, end: string): string[] =>
      readdirSync(join(REPOSITORY, path)).flatMap((name) =>
        name.endsWith(end) ? [`files/${path}/${name}`] : [],
      );
    expect(files).toEqual(
      expect.arrayContaining([...there("dashboards", ".json"), ...there("rules", ".rules.yml"), "README.md"]),
    );
    expect(statSync(archive).size).toBeLessThan(300_000);
    expect((await render(EVERYTHING, { chart: archive })).text).toBe((await render(EVERYTHING)).text);
    expect(await helm(["show", "chart", archive])).toMatchObject({
      stdout: expect.stringContaining(`appVersion: ${VERSION}\n`),
    });
  });

  test("fits with everything it creates into the Secret of a release", async () => {
    await using folder = await temporaryFolder();
    expect(await helm(["package", CHART, "--destination", folder.path])).toMatchObject({ code: 0 });
    const archive = join(folder.path, `heartbeat-exporter-${VERSION}.tgz`);
    expect(await run(["tar", "--extract", "--file", archive, "--directory", folder.path])).toMatchObject({
      code: 0,
    });
    const chart = readdirSync(join(folder.path, "heartbeat-exporter"), {
      recursive: true,
      withFileTypes: true,
    })
      .filter((entry) => entry.isFile())
      .map(({ name, parentPath }) => [name, readFileSync(join(parentPath, name)).toString("base64")]);
    // As helm stores it: JSON with the files in base64, compressed, in base64.
    const { text: manifest } = await render(EVERYTHING);
    const release = gzipSync(JSON.stringify({ chart, config: EVERYTHING, manifest }), { level: 9 });
    expect(release.toString("base64").length).toBeLessThan(0.5 * SECRET_LIMIT);
  });

  test("says what is missing where links are dropped", async () => {
    await using folder = await temporaryFolder();
    cpSync(CHART, folder.path, { recursive: true, filter: (path) => basename(path) !== "files" });
    mkdirSync(join(folder.path, "files"));
    for (const values of [
      { dashboards: { enabled: true } },
      { monitoring: { prometheusRule: { enabled: true } } },
    ]) {
      const { code, stderr } = await helm(["template", folder.path, "--values", "-"], JSON.stringify(values));
      expect({ code, stderr }).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /links files\/rules and files\/dashboards are broken: use the packaged chart/,
        ),
      });
    }
  });
});

describe("an upgrade", () => {
  test("leaves alone what Kubernetes does not allow to change, and restarts nothing without a reason", async () => {
    await using folder = await temporaryFolder();
    cpSync(CHART, folder.path, { recursive: true, filter: (path) => !path.includes("/files") });
    const next = readFileSync(join(folder.path, "Chart.yaml"), "utf8").replace(
      /^version: .*$/m,
      "version: 9.9.9",
    );
    writeFileSync(join(folder.path, "Chart.yaml"), next);
    const before = await render();
    const config = { targets: [{ name: "a", module: "http_2xx", target: "http://a.test/" }] };
    const after = await render({ config }, { chart: folder.path });
    expect(after.one("ConfigMap").data).not.toEqual(before.one("ConfigMap").data);
    expect(after.one("StatefulSet").metadata.labels?.["helm.sh/chart"]).toBe("heartbeat-exporter-9.9.9");
    expect(after.one("StatefulSet").spec).toEqual(before.one("StatefulSet").spec);

    const relabelled = await render({
      commonLabels: { team: "a" },
      podLabels: { tier: "b" },
      nameOverride: "",
    });
    const fixed = ({ spec }: { readonly spec?: unknown }) => {
      const { template: _, ...rest } = spec as Readonly<Record<string, unknown>>;
      return rest;
    };
    expect(fixed(relabelled.one("StatefulSet"))).toEqual(fixed(before.one("StatefulSet")));
  });

  test("restarts for a changed configuration if that is wanted", async () => {
    const checksum = async (timeout: string): Promise<string | undefined> => {
      const config = { modules: { http_2xx: { timeout } } };
      const chart = await render({ restartOnConfigChange: true, config });
      return chart.pods().metadata.annotations?.["checksum/config"];
    };
    expect(await checksum("5s")).toBe(await checksum("5s"));
    expect(await checksum("5s")).not.toBe(await checksum("6s"));
  });
});

describe("the notes after an installation", () => {
  test("lead a new user to the status page, the first target, keys and Prometheus", async () => {
    const text = await notes({});
    expect(text).toContain(
      `kubectl -n ${RELEASE.namespace} port-forward service/${RELEASE.fullname} 8091:8091\n     http://localhost:8091/\n`,
    );
    expect(text).toMatch(
      /Nothing is probed yet[^]*targets:[^]*kubectl .* create secret[^]*No Prometheus scrapes it yet/,
    );
    expect(text).toContain(
      `The state is on the volume claims data-${RELEASE.fullname}-N. helm uninstall keeps them.`,
    );
    const [, example = ""] = /# values\.yaml\n([^]*?)\n\n {5}helm/.exec(text) ?? [];
    const chart = await render(parse(example) as object);
    await using folder = await temporaryFolder();
    const file = await folder.write("exporter.yml", chart.one("ConfigMap").data?.["exporter.yml"] ?? "");
    await using check = runMain([`--config.file=${file}`, "--config.check"]);
    await check.waitForOutput(/the configuration is good: 1 module, 1 target/);
  });

  test("warn of lost state, and of pings that one of several replicas receives", async () => {
    const text = await notes({
      replicas: 2,
      leaderElection: { enabled: true },
      persistence: { enabled: false },
      config: { heartbeats: [{ name: "backup", timeout: "1d" }] },
      ingress: { enabled: true, hosts: [{ host: "hb.test" }], tls: [{ secretName: "a" }] },
    });
    expect(text).toContain("https://hb.test/\n");
    expect(text).toMatch(/persistence\.enabled is false[^]*each replica counts only the pings that reach it/);
    expect(text).not.toContain("Nothing is probed yet");
  });
});
