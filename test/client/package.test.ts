import { readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { startExporter } from "../helpers/exporter.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { installPackage, succeed } from "../helpers/package.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TSC = join(ROOT, "node_modules/.bin/tsc");

const PROGRAM = `
import { currentMode, followMode, type ModeReport } from "heartbeat-exporter";

const [url = ""] = process.argv.slice(2);
const { mode }: ModeReport = await currentMode(url);
console.log("current", mode);
for await (const report of followMode(url, { target: "web" })) {
  console.log("follow", report.mode, report.policy?.confidenceReduction, report.stale);
  break;
}
// @ts-expect-error: there is no such mode
const wrong: ModeReport["mode"] = "secondary";
process.exit(wrong === undefined ? 1 : 0);
`;

const PLUGIN = `
import { defineProber, gauge, type ProbeResult, sample, succeeded } from "heartbeat-exporter/plugin";
const answer = gauge("probe_of_package_answer", "What it answers", ["to"]);
// @ts-expect-error: a label that the metric does not have
sample(answer, 1, { form: "x" });
export default defineProber<{ value?: number }, number>({
  kind: "of_package",
  schema: { type: "object", properties: { value: { type: "number" } } },
  costly: false,
  metrics: [answer],
  compile: ({ value }) => value ?? 42,
  probe: async ({ address }, value): Promise<ProbeResult> => ({ outcome: succeeded, samples: [sample(answer, value, { to: address })] }),
});
`;

const CLIENT = join(ROOT, "src/client");

/** Returns the code of each `@example` of the client's API, and of the page about it. */
async function readExamples(): Promise<readonly string[]> {
  const sources = (await readdir(CLIENT)).map((name) => join(CLIENT, name));
  const texts = await Promise.all(
    [...sources, join(ROOT, "docs/events.md")].map((file) => readFile(file, "utf8")),
  );
  return texts.flatMap((text) =>
    [...text.replaceAll(/^ \* ?/gm, "").matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = ""]) => code),
  );
}

describe("the package", () => {
  it("contains a client without dependencies, examples that compile, and types for plugins", async () => {
    await using server = await serveHttp((_request, response) => void response.end());
    await using folder = await temporaryFolder();
    await installPackage(folder.path);
    const modules = join(folder.path, "node_modules");
    await symlink(join(ROOT, "node_modules/@types"), join(modules, "@types"));
    await symlink(join(ROOT, "node_modules/undici-types"), join(modules, "undici-types"));
    await folder.write("package.json", '{ "type": "module" }');
    await folder.write("program.ts", PROGRAM);
    await folder.write("plugin.ts", PLUGIN);
    const examples = await readExamples();
    expect(examples).toHaveLength(5);
    const files = ["program.ts", "plugin.ts", ...examples.map((_code, i) => `example-${i}.ts`)];
    for (const [i, code] of examples.entries()) await folder.write(`example-${i}.ts`, code);
    const options = {
      strict: true,
      module: "nodenext",
      target: "es2024",
      types: ["node"],
      noEmit: true,
      lib: ["es2024", "esnext.disposable"],
    };
    await folder.write("tsconfig.json", JSON.stringify({ compilerOptions: options, files }));
    await succeed([TSC, "-p", "."], folder.path);

    const yaml = `
plugins: [${join(folder.path, "plugin.ts")}]
modules: { web: { prober: http, timeout: 1s }, own: { prober: of_package } }
targets:
  - { name: web, module: web, target: "http://${server.host}", interval: 1s, failover: { confidence_reduction: 0.4 } }
  - { name: own, module: own, target: somewhere }
`;
    await using exporter = await startExporter({ yaml });
    expect(await exporter.get("/metrics")).toContain(
      'probe_of_package_answer{target="own",module="own",to="somewhere"} 42',
    );
    const { stdout } = await succeed([process.execPath, "program.ts", exporter.url], folder.path);
    expect(stdout).toBe("current primary\nfollow primary 0.4 false\n");
  });
});
