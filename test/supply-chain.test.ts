import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { beforeAll, describe, expect, test } from "vitest";
import { type BundledPackage, packagesIn } from "../scripts/bundle/packages.ts";
import { bundleProgram } from "../scripts/bundle/program.ts";
import { REASONS } from "../scripts/bundle/reasons.ts";
import { type Lock, type Manifest, type Sbom, sbomOf } from "../scripts/bundle/sbom.ts";
import { bundleScripts } from "../scripts/page-assets.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

/** An entry of the lock. */
interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(read("package-lock.json")) as {
  packages: Readonly<Record<string, LockEntry>>;
};
const manifest = JSON.parse(read("package.json")) as Manifest;

/** Returns the path of a package that one at `from` imports, as Node.js finds it. */
function resolved(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("node_modules/") - 1))) {
    const path = `${folder === "" ? "" : `${folder}/`}node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (folder === "") return undefined;
  }
}

describe("package-lock.json", () => {
  test("has the hash of every package, of those for other platforms, too", () => {
    const entries = Object.entries(packages).filter(([path]) => path !== "");
    expect(entries.length).toBeGreaterThan(500);
    const without = entries.filter(([, { integrity = "" }]) => !/^sha512-[\w+/]{86}==$/.test(integrity));
    expect(without.map(([path]) => path)).toEqual([]);
    expect(entries.filter(([, { link }]) => link === true)).toEqual([]);
  });

  test("takes nothing from outside of the registry, such as a repository or a file", () => {
    const ranges = Object.values(packages).flatMap(({ dependencies = {}, optionalDependencies = {} }) => [
      ...Object.entries(dependencies),
      ...Object.entries(optionalDependencies),
    ]);
    expect(
      ranges.filter(([, range]) =>
        /^(?:git|https?|file|link|github)[:+]|\//.test(range.replace(/^npm:@?[^@]+@/, "")),
      ),
    ).toEqual([]);
  });

  test("has an entry for every platform that a package offers", () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => resolved(name, path) === undefined)
        .map((name) => `${path}: ${name}`),
    );
    expect(missing).toEqual([]);
  });
});

describe("the bundle", () => {
  let bundled: readonly BundledPackage[];
  let sbom: Sbom;
  beforeAll(async () => {
    const chunks = [...(await bundleProgram()), ...(await bundleScripts())];
    bundled = packagesIn(chunks.flatMap(({ moduleIds }) => moduleIds));
    sbom = sbomOf(bundled, Object.keys(REASONS), manifest, JSON.parse(read("package-lock.json")) as Lock);
  });

  test("has code of packages with licenses that allow it, each with a reason", () => {
    const allowed = new Set(["MIT", "MIT-0", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause"]);
    expect(bundled.filter(({ license }) => !allowed.has(license)).map(({ name }) => name)).toEqual([]);
    const page = read("docs/packages.md");
    const rows = [...page.matchAll(/^\| `(.+?)` \| (\S+) \| (\S+) \| .{4,} \|$/gm)].map(
      ([, name, version, license]) => `${name} ${version} ${license}`,
    );
    expect(rows.toSorted()).toEqual(
      bundled.map(({ name, version, license }) => `${name} ${version} ${license}`).toSorted(),
    );
  });

  test("has a bill of materials that CycloneDX's schema accepts", () => {
    // The part of https://cyclonedx.org/schema/bom-1.6.schema.json that these documents use, closed against anything else.
    const component = {
      type: "object",
      required: ["type", "name"],
      properties: {
        type: { enum: ["application", "framework", "library", "container", "platform"] },
        "bom-ref": { type: "string", minLength: 1 },
        group: { type: "string" },
        name: { type: "string", minLength: 1 },
        version: { type: "string", maxLength: 1024 },
        description: { type: "string" },
        purl: { type: "string", pattern: "^pkg:npm/(?:%40[\\w.-]+/)?[\\w.-]+@[\\w.+-]+$" },
        licenses: {
          type: "array",
          minItems: 1,
          items: {
            type: "object",
            required: ["license"],
            properties: {
              license: {
                type: "object",
                required: ["id"],
                properties: {
                  id: { enum: ["MIT", "MIT-0", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause"] },
                },
                additionalProperties: false,
              },
            },
            additionalProperties: false,
          },
        },
        hashes: {
          type: "array",
          items: {
            type: "object",
            required: ["alg", "content"],
            properties: {
              alg: { enum: ["SHA-512"] },
              content: { type: "string", pattern: "^[a-f0-9]{128}$" },
            },
            additionalProperties: false,
          },
        },
      },
      additionalProperties: false,
    };
    const validate = new Ajv({ allErrors: true }).compile({
      type: "object",
      required: ["bomFormat", "specVersion"],
      properties: {
        bomFormat: { enum: ["CycloneDX"] },
        specVersion: { enum: ["1.6"] },
        version: { type: "integer", minimum: 1 },
        metadata: { type: "object", properties: { component }, additionalProperties: false },
        components: { type: "array", uniqueItems: true, items: component },
        dependencies: {
          type: "array",
          uniqueItems: true,
          items: {
            type: "object",
            required: ["ref"],
            properties: {
              ref: { type: "string", minLength: 1 },
              dependsOn: { type: "array", uniqueItems: true, items: { type: "string" } },
            },
            additionalProperties: false,
          },
        },
      },
      additionalProperties: false,
    });
    expect([validate(sbom), validate.errors]).toEqual([true, null]);
  });

  test("has a bill of materials of what is in it, and of nothing that made it", () => {
    const { components, dependencies, metadata } = sbom;
    expect(
      components.map(
        ({ group, name, version }) => `${group === undefined ? "" : `${group}/`}${name} ${version}`,
      ),
    ).toEqual(bundled.map(({ name, version }) => `${name} ${version}`));
    for (const tool of ["vitest", "typescript", "rolldown", "undici", "playwright-core", "node"])
      expect(components.map(({ name }) => name)).not.toContain(tool);
    // Each component is known by one reference, and the exporter needs it directly or through others.
    const refs = components.map((one) => one["bom-ref"]);
    expect(new Set(refs).size).toBe(refs.length);
    const needs = new Map(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
    const reached = new Set([metadata.component["bom-ref"]]);
    for (const ref of reached) for (const next of needs.get(ref) ?? []) reached.add(next);
    expect([...reached].toSorted()).toEqual([metadata.component["bom-ref"], ...refs].toSorted());
  });

  test("has no bill of materials without the hash of each package", () => {
    expect(() => sbomOf(bundled, [], manifest, { packages: {} })).toThrow(
      /^package-lock\.json: \S+ \S+ has no integrity/,
    );
  });
});

describe("installations and images", () => {
  const workflows = readdirSync(join(ROOT, ".github/workflows")).map((name) => `.github/workflows/${name}`);

  test.each(["Dockerfile", ".ci/run", "README.md", "CONTRIBUTING.md", "scripts/bootstrap.mjs", ...workflows])(
    "%s runs no install scripts of packages",
    (file) => {
      const installs =
        read(file).match(/(?:^|run: |RUN |&& )npm (?:ci|install)\b.*|npm\("(?:ci|install)".*/gm) ?? [];
      expect(installs.filter((line) => !line.includes("--ignore-scripts"))).toEqual([]);
    },
  );

  test("the packages with install scripts are those that are known to work without", () => {
    const scripts = Object.entries(packages).filter(([, entry]) => "hasInstallScript" in entry);
    expect(scripts.map(([path]) => path.replace(/^.*node_modules\//, "")).toSorted()).toEqual([
      // Sets its version in a file.
      "@google/genai",
      // Checks that the binary of its platform, a package of its own, is there.
      "esbuild",
      // Downloads Node.js; scripts/bootstrap.mjs asks for it only where that is missing.
      "node",
      // Warns about its own versions.
      "protobufjs",
    ]);
  });

  test("both stages of the image have one base, which a release pins by its digest", () => {
    const froms = [...read("Dockerfile").matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the Dockerfile
    expect(froms).toEqual(["${BASE}", "${BASE}"]);
    const release = read(".github/workflows/release.yml");
    expect(release).toContain("build-args: BASE=${{ needs.base.outputs.image }}");
    expect(release).toMatch(
      /docker buildx imagetools inspect docker\.io\/library\/node:24-slim --format '\{\{\.Manifest\.Digest\}\}'/,
    );
    expect(release).not.toContain("npm sbom");
    expect(release).toContain("cp dist/sbom.cdx.json");
  });
});
