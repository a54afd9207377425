/**
 * Bundles the program with its packages into `dist`, because hundreds of small files take longer to load than to run:
 * `npm run build`. Threads, the library for plugins and the client stay files of their own, where `src` has them. What
 * browsers load is in `dist/page/assets`.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type Plugin, rolldown } from "rolldown";
import { buildPageAssets } from "./page-assets.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SOURCE = join(ROOT, "src");

/** The folder to write to: the argument, or `dist`. */
const [OUT = join(ROOT, "dist")] = process.argv.slice(2);

/** The modules that are started or imported by their path. */
const ENTRIES = [
  "main",
  "health-check",
  "plugin",
  "client/index",
  "cli/config-worker",
  "probers/icmp/launcher-process",
  "probers/http/inspect-content",
  "probers/inspection/find-match",
  "probers/inspection/worker",
  "server/front/bcrypt-worker",
  "store/worker",
];

/**
 * Keeps `import.meta.url` that of the module's own file in `dist`, from which it finds others. Chunks are in `dist` itself.
 */
const keepLocations: Plugin = {
  name: "keep-locations",
  transform(code, id) {
    if (!id.startsWith(SOURCE + sep) || !code.includes("import.meta.url")) return null;
    const file = relative(SOURCE, id).replaceAll(sep, "/").replace(/\.ts$/, ".js");
    return code.replaceAll("import.meta.url", `new URL(${JSON.stringify(file)}, import.meta.url).href`);
  },
};

/** Prefix of the modules that stand for those of Node.js. */
const BUILT_IN = "\0built-in:";

/**
 * Imports modules of Node.js without reading exports that nothing uses: an import of `node:http` reads all of them, and
 * with them loads a WebSocket client of 14 MB.
 */
const builtIns: Plugin = {
  name: "built-ins",
  resolveId(id, importer, { kind }) {
    return importer !== undefined && kind === "import-statement" && isBuiltin(id)
      ? `${BUILT_IN}${id.replace(/^node:/, "")}`
      : null;
  },
  load(id) {
    if (!id.startsWith(BUILT_IN)) return null;
    const name = `node:${id.slice(BUILT_IN.length)}`;
    const exports: object = process.getBuiltinModule(name) ?? {};
    const names = Object.getOwnPropertyNames(exports).filter(
      (key) => key !== "default" && /^[a-z_$][\w$]*$/i.test(key),
    );
    return [
      `const exports = process.getBuiltinModule(${JSON.stringify(name)});`,
      "export default exports;",
      ...names.map((key) => `export const ${key} = /* @__PURE__ */ (() => exports.${key})();`),
    ].join("\n");
  },
};

/** Leaves out the parsers of bodies that express offers: nothing uses them, and their tables of encodings take 5 MB. */
const withoutBodyParsers: Plugin = {
  name: "without-body-parsers",
  resolveId: (id) => (id === "body-parser" ? "\0no-body-parser" : null),
  load: (id) => (id === "\0no-body-parser" ? "module.exports = {};" : null),
};

/** Prefix of the modules that stand for those that the kubeconfig of the client library never needs. */
const UNUSED = "\0unused:";

/**
 * Takes only the kubeconfig from the client library for Kubernetes: its 3 MB of generated API classes, and another client of
 * HTTP, are for calls that the exporter makes itself.
 */
const kubeconfigOnly: Plugin = {
  name: "kubeconfig-only",
  resolveId(id, importer) {
    if (id === "@kubernetes/client-node") return this.resolve(`${id}/dist/config.js`, importer);
    return importer?.endsWith("client-node/dist/config.js") === true &&
      /^(undici|\.\/gen\/.*|\.\/middleware\.js)$/.test(id)
      ? `${UNUSED}${id}`
      : null;
  },
  load: (id) => (id.startsWith(UNUSED) ? "module.exports = {};" : null),
};

/** Longest text that Node.js keeps with one byte per character: a longer module takes twice its size. */
const LONGEST_TEXT = 1_000_000;

/** Escapes what is not Latin-1: one other character, even in a comment, doubles the memory of the whole text. */
const escapeWide = (code: string): string =>
  code.replaceAll(/[\u0100-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** A package whose code is in the bundle. */
interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** The text of its license; empty if the package has no such file. */
  readonly text: string;
}

/** Returns the package that a module belongs to; `undefined` for the exporter's own modules. */
function packageOf(module: string): BundledPackage | undefined {
  if (!module.includes("node_modules")) return undefined;
  for (let folder = dirname(module); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, "package.json");
    if (!existsSync(file)) continue;
    const { name, version, license } = JSON.parse(readFileSync(file, "utf8")) as Partial<BundledPackage>;
    // Folders inside of a package may have a package.json that only tells the format of modules.
    if (name === undefined || version === undefined) continue;
    const found = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
    const text = found === undefined ? "" : readFileSync(join(folder, found), "utf8").trim();
    return { name, version, license: license ?? "see below", text };
  }
  return undefined;
}

/** Returns the notices that the licenses of bundled packages ask for. */
function notices(modules: readonly string[]): string {
  const packages = modules.flatMap((module) => packageOf(module) ?? []);
  const byName = new Map(packages.map((one) => [`${one.name} ${one.version}`, one]));
  const sections = [...byName]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([title, { license, text }]) => `${title} (${license})\n\n${text}\n`);
  return `The files beside this one contain code of these packages.\n\n${sections.join(`\n${"-".repeat(79)}\n\n`)}`;
}

mkdirSync(OUT, { recursive: true });
const bundle = await rolldown({
  cwd: ROOT,
  input: Object.fromEntries(ENTRIES.map((entry) => [entry, join(SOURCE, `${entry}.ts`)])),
  platform: "node",
  plugins: [builtIns, withoutBodyParsers, kubeconfigOnly, keepLocations],
});
const { output } = await bundle.generate({
  format: "esm",
  entryFileNames: "[name].js",
  // Names of shared chunks list what shares them.
  chunkFileNames: ({ name }) => `${name.split("~")[0]}-[hash].js`,
  comments: { legal: true, annotation: false, jsdoc: false },
  codeSplitting: {
    groups: [{ name: "packages", test: /node_modules/, entriesAware: true, maxSize: LONGEST_TEXT }],
  },
});
// Chunks of an earlier build have other names, and declarations of an earlier source may have none today.
for (const file of readdirSync(OUT, { recursive: true, encoding: "utf8" })) {
  if (/\.(js|d\.ts)$/.test(file)) rmSync(join(OUT, file));
}
const chunks = output.filter((file) => file.type === "chunk");
const tooLong = chunks.filter(({ code }) => code.length > LONGEST_TEXT).map(({ fileName }) => fileName);
if (tooLong.length > 0)
  throw new Error(
    `${tooLong.join(", ")}: want at most ${LONGEST_TEXT} characters; add a group that splits it`,
  );
for (const { fileName, code } of chunks) {
  const file = join(OUT, fileName);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, escapeWide(code));
}
const assets = join(OUT, "page/assets");
rmSync(assets, { recursive: true, force: true });
const moduleIds = [...chunks.flatMap((chunk) => chunk.moduleIds), ...(await buildPageAssets(assets))];
writeFileSync(join(OUT, "THIRD-PARTY-LICENSES.txt"), notices(moduleIds));
