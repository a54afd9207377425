import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));

/** Paths that the Dockerfile copies from the repository. */
const copiedFromContext = readFileSync(join(repository, "Dockerfile"), "utf8")
  .split("\n")
  .flatMap((line) => /^COPY (?!--from)(.*) \S+$/.exec(line)?.[1]?.split(" ") ?? []);

const ignoreLines = readFileSync(join(repository, ".dockerignore"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));
/** Paths that are not in the build context although a folder around them is copied. */
const leftOut = new Set(
  ignoreLines.filter((line) => !/^[!*]/.test(line)).map((line) => join(repository, line)),
);

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));

/**
 * Tests the files of the image.
 * @param copyTo copies the folder of the program to a path
 */
export function testContents(copyTo: (target: string) => Promise<void>): void {
  describe("the image", () => {
    let folder: TemporaryFolder;
    let app: string;

    beforeAll(async () => {
      folder = await temporaryFolder();
      app = join(folder.path, "app");
      await copyTo(app);
    });
    afterAll(() => folder[Symbol.asyncDispose]());

    test("contains the program and nothing else", () => {
      expect(readdirSync(app).toSorted()).toStrictEqual([
        "alertmanager",
        "compiled",
        "dashboards",
        "dist",
        "docs",
        "grafana",
        "package.json",
        "rules",
      ]);
      for (const path of leftOut) expect(existsSync(join(app, path.slice(repository.length)))).toBe(false);
      const chunk = /^\w[\w.-]*-[\w-]{8}\.js$/;
      // What browsers load; the name has a hash of the content.
      const asset = /^page\/assets\/(chart|icon|page)-[\w-]+\.(js|svg|css)$/;
      expect(
        filesBelow(join(app, "dist"))
          .filter((file) => !chunk.test(file) && !asset.test(file))
          .toSorted(),
      ).toStrictEqual([
        "THIRD-PARTY-LICENSES.txt",
        "cli/config-worker.js",
        "client/index.js",
        "health-check.js",
        "main.js",
        "page/assets/manifest.json",
        "plugin.js",
        "probers/http/inspect-content.js",
        "probers/icmp/launcher-process.js",
        "probers/inspection/find-match.js",
        "probers/inspection/worker.js",
        "sbom.cdx.json",
        "server/front/bcrypt-worker.js",
        "store/worker.js",
      ]);
    });

    test("contains the compiled code of what a start loads", () => {
      const modules = readdirSync(join(app, "dist")).filter((file) => file.endsWith(".js"));
      expect(filesBelow(join(app, "compiled")).length).toBeGreaterThan(modules.length / 2);
    });

    test("names the packages whose code it bundles, with their licenses", () => {
      const text = readFileSync(join(app, "dist/THIRD-PARTY-LICENSES.txt"), "utf8");
      for (const name of ["ajv", "express", "got", "pino", "prom-client", "re2js", "yaml"]) {
        expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\((MIT|ISC|Apache-2\\.0)\\)$`, "m"));
      }
      expect(text).toContain("Permission is hereby granted, free of charge");
    });

    test("copies its whole build context", () => {
      const admitted = ignoreLines.filter((line) => !leftOut.has(join(repository, line)));
      expect(admitted).toStrictEqual(["*", ...copiedFromContext.map((path) => `!${path}`)]);
    });
  });
}
