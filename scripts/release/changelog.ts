const UNRELEASED = "## Unreleased";

/** Returns the text of a section without its heading; `undefined` if there is no such section. */
function section(changelog: string, heading: RegExp): string | undefined {
  const lines = changelog.split("\n");
  const start = lines.findIndex((line) => heading.test(line));
  if (start === -1) return undefined;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => line.startsWith("## "));
  return (end === -1 ? rest : rest.slice(0, end)).join("\n").trim();
}

/** Returns the notes of a release; `undefined` if the changelog has none. */
export const notesOf = (changelog: string, version: string): string | undefined =>
  section(changelog, new RegExp(`^## ${version.replaceAll(".", String.raw`\.`)} / `));

/**
 * Moves what is unreleased under a version and its date, as `## 1.2.3 / 2030-01-31`.
 * @throws Error if nothing is unreleased
 */
export function releaseSection(changelog: string, version: string, date: string): string {
  const unreleased = section(changelog, /^## Unreleased$/);
  if (unreleased === undefined) throw new Error(`CHANGELOG.md: want a section ${JSON.stringify(UNRELEASED)}`);
  if (unreleased === "") throw new Error("CHANGELOG.md: nothing is unreleased");
  return changelog.replace(UNRELEASED, () => `${UNRELEASED}\n\n## ${version} / ${date}`);
}
