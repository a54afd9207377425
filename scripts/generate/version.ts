import { readFileSync } from "node:fs";

/** Generates `src/core/version.ts` from package.json, so that the program does not read it. */
export function versionModule(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return `// Generated from package.json by npm run generate.

/** The version of the exporter. */
export const VERSION = ${JSON.stringify(version)};
`;
}
