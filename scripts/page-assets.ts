/**
 * Bundles what browsers load for the page: one script, one for charts, one style and an icon, with hashes in their names, into
 * `node_modules/.cache/page` or the folder of the argument. Does nothing if they are there and the sources have not changed:
 * `npm start` and `npm test` run it each time.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { OutputChunk } from "rolldown";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SOURCES = join(ROOT, "src/page");

/** Where an exporter that runs from `src` finds them. */
const CACHE = join(ROOT, "node_modules/.cache/page");

/** The file that tells the exporter which files to name in its pages. */
const MANIFEST = "manifest.json";

const hashOf = (content: string | Uint8Array): string =>
  createHash("sha256").update(content).digest("base64url").slice(0, 10);

/** Returns a hash of everything that the bundle is made from. */
function sourcesHash(): string {
  const hash = createHash("sha256");
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.\w+$/.test(file),
  );
  for (const file of [
    ...files.toSorted().map((file) => join(SOURCES, file)),
    join(ROOT, "package-lock.json"),
    fileURLToPath(import.meta.url),
  ])
    hash.update(readFileSync(file)).update("\0");
  return hash.digest("base64url");
}

/**
 * Builds the files into a folder unless they are there.
 * @returns the modules in them; none if they were there
 */
export async function buildPageAssets(out = CACHE): Promise<readonly string[]> {
  const sources = sourcesHash();
  if (builtFrom(out) === sources) return [];
  const chunks = await bundleScripts();
  const entry = chunks.find(({ isEntry }) => isEntry);
  if (entry === undefined) throw new Error("rolldown wrote no entry");
  const style = await bundleStyle();
  const icon = readFileSync(join(SOURCES, "ui/style/icon.svg"));
  const files = new Map<string, string | Uint8Array>([
    ...chunks.map(({ fileName, code }) => [fileName, code] as const),
    [`page-${hashOf(style)}.css`, style],
    [`icon-${hashOf(icon)}.svg`, icon],
  ]);
  const named = (end: string): string | undefined => [...files.keys()].find((name) => name.endsWith(end));
  const manifest = {
    sources,
    script: entry.fileName,
    style: named(".css"),
    icon: named(".svg"),
    files: [...files.keys()],
  };
  mkdirSync(out, { recursive: true });
  for (const old of readdirSync(out)) rmSync(join(out, old));
  for (const [name, content] of files) writeFileSync(join(out, name), content);
  writeFileSync(join(out, MANIFEST), JSON.stringify(manifest));
  return chunks.flatMap(({ moduleIds }) => moduleIds);
}

/** Bundles the scripts that browsers run, in memory. */
export async function bundleScripts(): Promise<readonly OutputChunk[]> {
  const { rolldown } = await import("rolldown");
  const bundle = await rolldown({
    cwd: ROOT,
    input: { page: join(SOURCES, "ui/browser/main.ts") },
    platform: "browser",
  });
  const { output } = await bundle.generate({
    format: "esm",
    minify: true,
    entryFileNames: "[name]-[hash].js",
    chunkFileNames: "[name]-[hash].js",
  });
  return output.filter((file) => file.type === "chunk");
}

function builtFrom(out: string): unknown {
  const file = join(out, MANIFEST);
  return existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as { sources?: unknown }).sources
    : undefined;
}

/** Joins the style sheets, without what browsers do not need. */
async function bundleStyle(): Promise<Uint8Array> {
  const { bundle } = await import("lightningcss");
  const { code } = bundle({
    filename: join(SOURCES, "ui/style/main.css"),
    minify: true,
  });
  return code;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPageAssets(process.argv[2]);
