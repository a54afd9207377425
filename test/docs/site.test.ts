import { globSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, posix } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seconds, toMilliseconds } from "../../src/core/units.ts";
import { serveServer, type TestServer } from "../helpers/http-targets.ts";
import { run } from "../helpers/process.ts";
import { axeViolations, launchBrowser, openTab, takePicture } from "../page/browser.ts";
import { PAGES, ROOT } from "./blocks.ts";

/** Longest build; half a minute on a quiet machine. */
const BUILD_DEADLINE = seconds(600);

const SITE = join(ROOT, "docs/.vitepress/dist");

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** Serves the site as any web server for files does. */
const serveSite = (): Promise<TestServer> =>
  serveServer(
    createServer((request, response) => {
      const path = decodeURIComponent(new URL(request.url ?? "/", "http://site").pathname);
      const file = path.endsWith("/") ? `${path}index.html` : path;
      try {
        const content = readFileSync(join(SITE, posix.normalize(file)));
        response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "text/plain" }).end(content);
      } catch {
        response.writeHead(404).end();
      }
    }),
  );

/** The attributes of elements with a name in HTML. */
const valuesOf = (html: string, pattern: RegExp): readonly string[] =>
  [...html.matchAll(pattern)].map(([, value = ""]) => value.replaceAll("&amp;", "&"));

let pages: ReadonlyMap<string, string>;
let server: TestServer;
let url: string;
let browser: Browser;

beforeAll(async () => {
  const { code, stdout, stderr } = await run(["npm", "run", "docs:build"], {
    cwd: ROOT,
    deadline: BUILD_DEADLINE,
  });
  if (code !== 0) throw new Error(`the build, which fails at dead links: ${stdout}${stderr}`);
  pages = new Map(
    globSync("**/*.html", { cwd: SITE }).map((page) => [page, readFileSync(join(SITE, page), "utf8")]),
  );
  server = await serveSite();
  url = `http://${server.host}`;
  browser = await launchBrowser();
}, toMilliseconds(BUILD_DEADLINE));
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

describe("the site of the documentation", () => {
  test("has all pages of docs", () => {
    const docs = PAGES.filter((page) => page.startsWith("docs/")).map((page) =>
      page.slice("docs/".length).replace(/\.md$/, ".html"),
    );
    expect(docs.filter((page) => !pages.has(page))).toEqual([]);
  });

  test("has what its links lead to, anchors included", () => {
    const ids = new Map(
      [...pages].map(([page, html]) => [page, new Set(valuesOf(html, / id="([^"]+)"/g).map((id) => id))]),
    );
    const dead = [...pages].flatMap(([page, html]) =>
      valuesOf(html, /<a [^>]*?href="([^"]+)"/g)
        .filter((address) => !/^[a-z]+:/i.test(address))
        .filter((address) => {
          const { pathname, hash } = new URL(address, `http://site/${page}`);
          const target = decodeURIComponent(pathname)
            .slice(1)
            .replace(/(^|\/)$/, "$1index.html");
          const anchors = ids.get(target);
          return anchors === undefined || (hash !== "" && !anchors.has(decodeURIComponent(hash.slice(1))));
        })
        .map((address) => `${page}: ${address}`),
    );
    expect(dead).toEqual([]);
  });

  test("names no file of another site that a browser would load", () => {
    const foreign = [...pages].flatMap(([page, html]) =>
      valuesOf(html, /<(?:script|img|link|iframe)\b[^>]*?(?:src|href)="((?:https?:)?\/\/[^"]+)"/g).map(
        (address) => `${page}: ${address}`,
      ),
    );
    const styles = globSync("assets/*.css", { cwd: SITE }).flatMap((file) =>
      valuesOf(readFileSync(join(SITE, file), "utf8"), /url\(["']?((?:https?:)?\/\/[^)]+)\)/g),
    );
    expect([...foreign, ...styles]).toEqual([]);
  });

  test.each([
    ["index", 1280, "light"],
    ["start/homelab", 1280, "dark"],
    ["troubleshooting", 360, "light"],
    ["configuration", 360, "dark"],
    ["files/examples/routes/nginx.conf", 1280, "light"],
  ] as const)("shows %s at %d pixels, %s", async (page, width, colorScheme) => {
    await using tab = await openTab(browser, url, { colorScheme, viewport: { width, height: 800 } });
    await tab.page.goto(`/${page}.html`, { waitUntil: "networkidle" });
    await takePicture(tab.page, `docs-${page.replaceAll("/", "-")}`);
    const overflow = await tab.page.evaluate<number>(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    expect({ overflow, complaints: tab.complaints }).toEqual({ overflow: 0, complaints: [] });
    expect(await axeViolations(tab.page, ["document-title", "html-has-lang", "image-alt"])).toEqual([]);
  });

  test("searches without a server", async () => {
    await using tab = await openTab(browser, url);
    await tab.page.goto("/index.html", { waitUntil: "networkidle" });
    await tab.page.locator(".DocSearch-Button, #local-search button").first().click();
    await tab.page.locator("input[type=search]").fill("quiet hours");
    const found = tab.page.locator(".VPLocalSearchBox .results .result").first();
    await found.waitFor();
    expect(await found.textContent()).toMatch(/[Qq]uiet hours/);
    expect(tab.complaints).toEqual([]);
  });
});
