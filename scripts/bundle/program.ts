import { isBuiltin } from "node:module";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type OutputChunk, type Plugin, rolldown } from "rolldown";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SOURCE = join(ROOT, "src");

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
export const LONGEST_TEXT = 1_000_000;

/** Bundles the program with its packages, in memory: one chunk for each module that is found by its path, and those that they share. */
export async function bundleProgram(): Promise<readonly OutputChunk[]> {
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
  return output.filter((file) => file.type === "chunk");
}
