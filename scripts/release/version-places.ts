/** A place in a file that names the version of the exporter. */
export interface VersionPlace {
  readonly path: string;
  /** Matches the version alone, once per place. Other versions in the file are none of the exporter's. */
  readonly pattern: RegExp;
}

const VERSION = String.raw`\d+\.\d+\.\d+(?:-[\w.]+)?`;

/** Returns a pattern for a version with this text before and after it. */
const between = (before: string, after: string): RegExp =>
  new RegExp(`(?<=${before})${VERSION}(?=${after})`, "gm");

/** Every place that names the version. A release changes them all; a test holds them against package.json. */
export const VERSION_PLACES: readonly VersionPlace[] = [
  { path: "package.json", pattern: between('^ {2}"version": "', '",$') },
  {
    path: "package-lock.json",
    pattern: between(
      '(?:^\\{\\n {2}"name": "heartbeat-exporter",\\n {2}|^ {4}"": \\{\\n {6}"name": "heartbeat-exporter",\\n {6})"version": "',
      '",$',
    ),
  },
  { path: "src/core/version.ts", pattern: between('^export const VERSION = "', '";$') },
  { path: "deploy/helm/heartbeat-exporter/Chart.yaml", pattern: between("^(?:version|appVersion): ", "$") },
  { path: "deploy/kubernetes/exporter/kustomization.yaml", pattern: between("^ +newTag: ", "$") },
  { path: "docs/kubernetes.md", pattern: between("heartbeat-exporter, newTag: ", " ") },
  { path: "Dockerfile", pattern: between('org\\.opencontainers\\.image\\.version="', '"') },
];

/**
 * Returns the versions that a place names in the text of its file.
 * @throws Error if it names none, because the file has changed its form
 */
export function versionsAt({ path, pattern }: VersionPlace, text: string): readonly string[] {
  const found = text.match(pattern) ?? [];
  if (found.length === 0) throw new Error(`${path}: got no version of the exporter, want ${pattern}`);
  return found;
}
