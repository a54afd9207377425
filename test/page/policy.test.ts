import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { launchBrowser, openTab, type Tab } from "./browser.ts";

const CONFIG = `
modules: { http_2xx: { prober: http, timeout: 1s } }
targets: [{ name: shop, module: http_2xx, target: "http://127.0.0.1:1", schedule: interval, interval: 1s }]
groups: [{ name: shops, members: [shop] }]
pages: [{ path: /public, title: Shop status, groups: [shops] }]
`;
let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

/** Opens a tab that complains about everything that a policy refuses. */
async function openStrictTab(url: string): Promise<Tab> {
  const tab = await openTab(browser, url);
  onTestFinished(() => tab[Symbol.asyncDispose]());
  await tab.page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
      console.error(`policy: ${violatedDirective} ${blockedURI}`),
    );
  });
  return tab;
}

/** Documents that a person can open, with a text of each. */
const DOCUMENTS = [
  ["/", "shop"],
  ["/public", "Shop status"],
  ["/metrics", "heartbeat_exporter_build_info"],
  ["/probe?target=shop&debug=true", "Logs for the probe"],
  ["/logs", "shop"],
  ["/config", "http_2xx"],
  ["/runbooks/", "HeartbeatMissed"],
  ["/runbooks/HeartbeatMissed", "Mitigation"],
  ["/heartbeats", ""],
  ["/report", "Status"],
  ["/api/v1/overview", "shop"],
  ["/api/openapi.json", "openapi"],
  ["/incidents.atom", ""],
  ["/badge/shop.svg", ""],
] as const;

describe.each(["on", "off"])("with --web.page=%s", (choice) => {
  let exporter: ExporterProcess;
  beforeAll(async () => {
    exporter = await startExporter({ yaml: CONFIG, args: [`--web.page=${choice}`] });
  });
  afterAll(() => exporter[Symbol.asyncDispose]());

  test.each(DOCUMENTS.filter(([path]) => choice === "on" || path !== "/public"))(
    "%s breaks no policy of its own",
    async (path, text) => {
      const { page, complaints } = await openStrictTab(exporter.url);
      await page.goto(path);
      if (text !== "") await page.getByText(text).first().waitFor({ state: "attached" });
      // A style that a policy refuses has no rules.
      const styles = await page.evaluate(() =>
        [...document.styleSheets].map(({ cssRules }) => cssRules.length > 0),
      );
      expect(styles).not.toContain(false);
      expect(complaints).toEqual([]);
    },
  );
});

/** Documents that another site tries to show. */
const DOCUMENTS_IN_FRAMES = ["/public?embed", "/public", "/", "/metrics", "/runbooks/"] as const;

test("only an embedded public view is shown in the frame of another site", async () => {
  await using exporter = await startExporter({ yaml: CONFIG });
  const elements = DOCUMENTS_IN_FRAMES.map((path) => `<iframe src="${exporter.url}${path}"></iframe>`);
  await using site = await serveHttp((_req, res) => {
    res.setHeader("Content-Type", "text/html");
    res.end(`<!doctype html><title>site</title>${elements.join("")}`);
  });
  const { page } = await openStrictTab(`http://${site.host}`);
  await page.goto("/", { waitUntil: "load" });
  await page.frameLocator("iframe >> nth=0").getByText("shops").first().waitFor({ state: "attached" });
  const frames = page.frames().slice(1);
  // A refused document is replaced by one of the browser.
  expect(frames.map((frame) => frame.url().startsWith(exporter.url))).toEqual(
    DOCUMENTS_IN_FRAMES.map((path) => path === "/public?embed"),
  );
});
