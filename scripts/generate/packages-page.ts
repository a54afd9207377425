import { type BundledPackage, packagesIn } from "../bundle/packages.ts";
import { bundleProgram } from "../bundle/program.ts";
import { REASONS } from "../bundle/reasons.ts";
import { bundleScripts } from "../page-assets.ts";

/**
 * Generates the page of the packages whose code is in the bundle, by bundling.
 * @throws Error if a package that `src` imports has no reason, or a reason no package
 */
export async function packagesPage(): Promise<string> {
  const chunks = [...(await bundleProgram()), ...(await bundleScripts())];
  return pageOf(packagesIn(chunks.flatMap(({ moduleIds }) => moduleIds)));
}

function pageOf(packages: readonly BundledPackage[]): string {
  const names = new Set(packages.map(({ name }) => name));
  const idle = Object.keys(REASONS).filter((name) => !names.has(name));
  if (idle.length > 0) throw new Error(`scripts/bundle/reasons.ts: ${idle.join(", ")}: not in the bundle`);
  const own = packages.filter(({ name }) => Object.hasOwn(REASONS, name));
  const others = packages.filter(({ name }) => !Object.hasOwn(REASONS, name));
  return `# Packages

<!-- Generated from the bundle by npm run generate. -->

The npm package, the image, the Debian package and the single executable need no npm package at run time: the code of these
${packages.length} is in the bundle that they contain (\`dist\`), and that of no other. \`dist/THIRD-PARTY-LICENSES.txt\` has their licenses,
\`dist/sbom.cdx.json\` is the bill of materials (CycloneDX), with the hashes by which npm checks them on installation. A release publishes
it, too. The image also contains its base image, whose packages the image's own bill of materials lists, and the single executable contains Node.js.

The dates of releases are not here: neither the lock nor the packages have them, and this page is made without a network.

## Used by the exporter

| Package | Version | License | Reason |
|---|---|---|---|
${own.map(({ name, version, license }) => `| \`${name}\` | ${version} | ${license} | ${REASONS[name]} |`).join("\n")}

## Used by these

| Package | Version | License | Needed by |
|---|---|---|---|
${others.map((one) => `| \`${one.name}\` | ${one.version} | ${one.license} | ${needersOf(one, packages)} |`).join("\n")}
`;
}

function needersOf({ name }: BundledPackage, packages: readonly BundledPackage[]): string {
  const needers = packages.filter(({ dependencies }) => dependencies.includes(name)).map((one) => one.name);
  if (needers.length === 0)
    throw new Error(
      `scripts/bundle/reasons.ts: ${name}: nothing in the bundle needs it, so it needs a reason`,
    );
  return [...new Set(needers)].map((needer) => `\`${needer}\``).join(", ");
}
