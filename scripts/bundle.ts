/**
 * Bundles the program with its packages into `dist`, because hundreds of small files take longer to load than to run:
 * `npm run build`. Threads, the library for plugins and the client stay files of their own, where `src` has them. What
 * browsers load is in `dist/page/assets`. Beside them are the licenses of the bundled packages, and a bill of materials.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { noticesOf, packagesIn } from "./bundle/packages.ts";
import { bundleProgram, LONGEST_TEXT } from "./bundle/program.ts";
import { REASONS } from "./bundle/reasons.ts";
import { type Lock, type Manifest, sbomOf } from "./bundle/sbom.ts";
import { buildPageAssets } from "./page-assets.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The folder to write to: the argument, or `dist`. */
const [OUT = join(ROOT, "dist")] = process.argv.slice(2);

/** Escapes what is not Latin-1: one other character, even in a comment, doubles the memory of the whole text. */
const escapeWide = (code: string): string =>
  code.replaceAll(/[\u0100-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

mkdirSync(OUT, { recursive: true });
const chunks = await bundleProgram();
// Chunks of an earlier build have other names, and declarations of an earlier source may have none today.
for (const file of readdirSync(OUT, { recursive: true, encoding: "utf8" })) {
  if (/\.(js|d\.ts)$/.test(file)) rmSync(join(OUT, file));
}
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
const packages = packagesIn(moduleIds);
writeFileSync(join(OUT, "THIRD-PARTY-LICENSES.txt"), noticesOf(packages));
const sbom = sbomOf(
  packages,
  Object.keys(REASONS),
  readJson("package.json") as Manifest,
  readJson("package-lock.json") as Lock,
);
writeFileSync(join(OUT, "sbom.cdx.json"), `${JSON.stringify(sbom, null, 2)}\n`);

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, file), "utf8"));
}
