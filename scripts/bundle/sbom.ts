import type { BundledPackage } from "./packages.ts";

/** The part of package.json that a bill of materials needs. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
}

/** The part of package-lock.json that a bill of materials needs. */
export interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly integrity?: string }>>;
}

/** A component of a bill of materials. https://cyclonedx.org/docs/1.6/json/ */
export interface SbomComponent {
  readonly type: "application" | "library";
  readonly "bom-ref": string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly purl: string;
  readonly licenses: readonly [
    { readonly license: { readonly id: string } } | { readonly expression: string },
  ];
  readonly hashes?: readonly { readonly alg: "SHA-512"; readonly content: string }[];
}

/** A bill of materials in the format of CycloneDX. */
export interface Sbom {
  readonly bomFormat: "CycloneDX";
  readonly specVersion: "1.6";
  readonly version: 1;
  readonly metadata: { readonly component: SbomComponent };
  readonly components: readonly SbomComponent[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/**
 * Returns the bill of materials of a bundle: the packages whose code is in it, not those that made it. It has neither time nor
 * serial number, so that equal bundles have equal ones.
 * @param direct names of the packages that the exporter itself uses
 * @throws Error for a package without integrity in the lock
 */
export function sbomOf(
  packages: readonly BundledPackage[],
  direct: readonly string[],
  manifest: Manifest,
  lock: Lock,
): Sbom {
  const refOf = ({ name, version }: Pick<BundledPackage, "name" | "version">): string =>
    `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
  const refsOf = (names: readonly string[]): readonly string[] =>
    packages.filter(({ name }) => names.includes(name)).map(refOf);
  const own: SbomComponent = {
    type: "application",
    "bom-ref": refOf(manifest),
    name: manifest.name,
    version: manifest.version,
    description: manifest.description,
    purl: refOf(manifest),
    licenses: [licenseOf(manifest.license)],
  };
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: own },
    components: packages.map((one): SbomComponent => {
      const [, group, name = one.name] = /^(@[^/]+)\/(.+)$/.exec(one.name) ?? [];
      return {
        type: "library",
        "bom-ref": refOf(one),
        ...(group === undefined ? {} : { group }),
        name,
        version: one.version,
        purl: refOf(one),
        licenses: [licenseOf(one.license)],
        hashes: [{ alg: "SHA-512", content: sha512Of(one, lock) }],
      };
    }),
    dependencies: [
      { ref: refOf(manifest), dependsOn: refsOf(direct) },
      ...packages.map((one) => ({ ref: refOf(one), dependsOn: refsOf(one.dependencies) })),
    ],
  };
}

const licenseOf = (license: string): SbomComponent["licenses"][0] =>
  /^[\w.+-]+$/.test(license) ? { license: { id: license } } : { expression: license };

/** Returns the hash of the package's archive, which npm compares on installation. */
function sha512Of({ name, version }: BundledPackage, { packages }: Lock): string {
  const entry = Object.entries(packages).find(
    ([path, one]) => path.endsWith(`node_modules/${name}`) && one.version === version,
  );
  const [, base64] = /^sha512-(\S+)$/.exec(entry?.[1].integrity ?? "") ?? [];
  if (base64 === undefined)
    throw new Error(`package-lock.json: ${name} ${version} has no integrity of sha512`);
  return Buffer.from(base64, "base64").toString("hex");
}
