import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeViolations, launchBrowser, openTab, PATIENT, type Tab, takePicture } from "./browser.ts";
import { HOSTILE, startWorld, TOKEN, type World } from "./world.ts";

// One browser and one exporter for all tests: they run in order, and the later ones find what the earlier ones did.

let world: World;
let browser: Browser;

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld(), launchBrowser()]);
  world.set("/checkout", 503);
  const { url } = world.exporter();
  await fetch(`${url}/ping/production-server`, {
    method: "POST",
    headers: { Authorization: "Bearer ping-token" },
    body: HOSTILE,
  });
  await fetch(`${url}/api/v1/components/engine`, {
    method: "PUT",
    headers: { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" },
    body: JSON.stringify({ status: "unhealthy", message: HOSTILE }),
  });
});
afterAll(async () => {
  await browser?.close();
  await world?.[Symbol.asyncDispose]();
});

const url = (): string => world.exporter().url;

/** Every page, with a text that only its data can have brought. */
const PAGES = [
  ["overview", "/", "backup-job"],
  ["overview-filtered", "/?text=gpt&kind=target", "gpt"],
  ["target-llm", "/page/targets/gpt", "Budget left"],
  ["target-http", "/page/targets/checkout?window=7d", "http_status"],
  ["target-hostile", "/page/targets/hostile", "body_mismatch"],
  ["heartbeat", "/page/heartbeats/production-server", "prod-01.example.com"],
  ["component", "/page/components/engine", "Down"],
  ["group", "/page/groups/shop", "What customers use"],
  ["incidents", "/page/incidents", "gpt was down"],
  ["operations", "/page/operations", "Maintenance"],
  ["probes", "/page/probes", "checkout (http_2xx)"],
  ["public", "/public", "Maintenance on Sunday"],
  ["missing", "/page/targets/none", "There is no target"],
] as const;

/** The answer to a page of nothing is a 404, which browsers complain about. */
const withoutMissing = ({ complaints }: Tab): readonly string[] =>
  complaints.filter((one) => !one.includes("404"));

test("every page is complete without JavaScript", async () => {
  await using tab = await openTab(browser, url(), { javaScriptEnabled: false });
  const { page } = tab;
  for (const [, path, text] of PAGES) {
    await page.goto(path);
    const shown = (await page.locator("main").innerText()).toLowerCase();
    expect([path, shown.includes(text.toLowerCase())]).toEqual([path, true]);
    expect([path, await page.locator("[style]").count()]).toEqual([path, 0]);
  }
  expect(withoutMissing(tab)).toEqual([]);
});

test("every page loads nothing from elsewhere, runs nothing that a target says, and axe finds no fault", async () => {
  await using tab = await openTab(browser, url());
  const { page } = tab;
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) =>
      console.error(`policy: ${event.blockedURI}`),
    );
  });
  for (const [name, path] of PAGES) {
    await page.goto(path);
    if (name !== "public") await page.getByText("Live", { exact: true }).waitFor();
    if (name.startsWith("target")) await page.locator(".uplot").first().waitFor();
    expect([path, await axeViolations(page)]).toEqual([path, []]);
    await takePicture(page, `${name}-light`);
  }
  expect(withoutMissing(tab)).toEqual([]);
});

test("every page fits on 360 px, and can be read in the dark", async () => {
  const viewport = { width: 360, height: 800 };
  await using tab = await openTab(browser, url(), { colorScheme: "dark", viewport, reducedMotion: "reduce" });
  const { page } = tab;
  for (const [name, path] of PAGES) {
    await page.goto(path);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect([path, Math.max(360, width)]).toEqual([path, 360]);
    expect([path, await axeViolations(page, ["color-contrast", "target-size"])]).toEqual([path, []]);
    await takePicture(page, `${name}-dark-360`);
  }
});

test("the overview shows a change, and leaves the place and the focus of the reader", async () => {
  await using tab = await openTab(browser, url(), { viewport: { width: 1000, height: 500 } });
  const { page } = tab;
  await page.goto("/");
  await page.getByText("Live", { exact: true }).waitFor();
  const item = page.locator(".item", { has: page.getByRole("link", { name: "search", exact: true }) });
  await item.getByText("Up", { exact: true }).waitFor();
  await item.getByRole("link", { name: "search" }).focus();
  const handle = await item.elementHandle();
  const other = page.locator(".item", { has: page.getByRole("link", { name: "docs", exact: true }) });
  const top = async (): Promise<number> => Math.round((await other.boundingBox())?.y ?? Number.NaN);
  await other.scrollIntoViewIfNeeded();
  const before = await top();
  world.set("/search", 500);
  await item.getByText("Down", { exact: true }).waitFor();
  // What is in view stays; lines between it and this one may have grown.
  expect(Math.abs((await top()) - before)).toBeLessThan(100);
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("search");
  expect(await item.evaluate((now, then) => now === then, handle)).toBe(true);
  world.set("/search", 200);
  await item.getByText("Up", { exact: true }).waitFor();
});

test("the filter is in the address, and a link between pages keeps the document", async () => {
  await using tab = await openTab(browser, url());
  const { page } = tab;
  await page.goto("/");
  await page.getByText("Live", { exact: true }).waitFor();
  await page.evaluate(() => Object.assign(globalThis, { sameDocument: true }));
  await page.getByLabel("Search").fill("front");
  await expect.poll(() => page.locator(".item").count(), PATIENT).toBe(1);
  expect(new URL(page.url()).search).toBe("?text=front");
  await page.getByLabel("Status").selectOption("unhealthy");
  await page.getByText("Nothing matches this filter.").waitFor();
  await page.getByRole("link", { name: "Show all" }).click();
  await expect.poll(() => page.locator(".item").count(), PATIENT).toBeGreaterThan(5);
  await page.getByRole("link", { name: "frontend" }).click();
  await page.getByRole("heading", { level: 1, name: "frontend" }).waitFor();
  await page.getByRole("link", { name: "7d", exact: true }).click();
  await expect.poll(() => page.url(), PATIENT).toContain("window=7d");
  await page.goBack();
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: "down" }).waitFor();
  expect(await page.evaluate(() => (globalThis as { sameDocument?: boolean }).sameDocument)).toBe(true);
  expect(tab.complaints).toEqual([]);
});

test("the log of a probe opens in its place", async () => {
  await using tab = await openTab(browser, url());
  const { page } = tab;
  await page.goto("/page/targets/hostile");
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Log" }).first().click();
  const log = page.getByRole("region", { name: "Log of the probe" });
  await log.waitFor();
  expect(await log.innerText()).toContain("probe failed (");
  expect(tab.complaints).toEqual([]);
});

describe("an operator", () => {
  test("is asked for the token once, which is kept nowhere but in the tab's memory", async () => {
    await using tab = await openTab(browser, url());
    const { page } = tab;
    await page.goto("/page/targets/gpt");
    await page.getByText("Live", { exact: true }).waitFor();
    const control = (name: string) =>
      page.locator(".control", { has: page.getByRole("button", { name, exact: true }) });
    const press = (name: string) => control(name).getByRole("button").click();
    const done = (name: string) => control(name).getByText("Done.").waitFor();

    await press("Probe now");
    await page.getByRole("dialog").getByLabel("Token").fill("wrong");
    await page.getByRole("button", { name: "Use it" }).click();
    await control("Probe now").getByText("The exporter refused the token").waitFor();
    await press("Probe now");
    expect(await axeViolations(page)).toEqual([]);
    await takePicture(page, "token-light");
    await page.getByRole("dialog").getByLabel("Token").fill(TOKEN);
    await page.keyboard.press("Enter");
    await done("Probe now");

    await control("Force fallback").getByRole("combobox").selectOption("10m");
    await press("Force fallback");
    await done("Force fallback");
    await page.locator(".mode", { hasText: "Fallback, forced" }).waitFor();
    await press("Release the mode");
    await done("Release the mode");
    await page.locator(".mode", { hasText: "Fallback, forced" }).waitFor({ state: "detached" });
    await press("Begin maintenance");
    await page.getByText("in maintenance").first().waitFor();

    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Operations" }).click();
    await page.getByText("begun by an operator").waitFor();
    await page.getByText("/config/force/fallback").waitFor();
    await takePicture(page, "operations-audit-light");
    await press("End maintenance");
    await page.getByText("begun by an operator").waitFor({ state: "detached" });

    const kept = await page.evaluate(() =>
      JSON.stringify([
        Object.entries(localStorage),
        Object.entries(sessionStorage),
        document.cookie,
        history.state,
      ]),
    );
    expect(kept).not.toContain(TOKEN);
    expect(tab.complaints.filter((one) => !one.includes("401"))).toEqual([]);
  });
});

test("a public view has no control and no way to the other pages, and can be embedded", async () => {
  await using tab = await openTab(browser, url());
  const { page } = tab;
  const whole = await page.goto("/public");
  expect(whole?.headers()["cache-control"]).toContain("public");
  expect(whole?.headers()["content-security-policy"]).toContain("frame-ancestors 'none'");
  const html = await page.content();
  for (const secret of ["gpt", "127.0.0.1", "/page/targets", "operations"])
    expect(html).not.toContain(secret);
  const embedded = await page.goto("/public?embed");
  expect(embedded?.headers()["content-security-policy"]).toContain("frame-ancestors *");
  await page.getByText("checkout", { exact: true }).waitFor();
  expect(await page.getByRole("contentinfo").count()).toBe(0);
  await takePicture(page, "public-embed-light");
});

test("says since when it is old while the exporter is gone, and is live again after its restart", async () => {
  await using tab = await openTab(browser, url());
  const { page } = tab;
  await page.goto("/");
  await page.getByText("Live", { exact: true }).waitFor();
  await world.stop();
  await page.getByText("Connection lost. This page is old: it shows").waitFor();
  await takePicture(page, "lost-light");
  world.set("/frontend", 500);
  await world.start();
  await page.getByText("Live", { exact: true }).waitFor();
  const item = page.locator(".item", { has: page.getByRole("link", { name: "frontend" }) });
  await item.getByText("Down", { exact: true }).waitFor();
  expect(await page.getByText("Connection lost").count()).toBe(0);
});

test("the files of the page are small, and kept by browsers for a year", async () => {
  const html = await (await fetch(url(), { headers: { Accept: "text/html" } })).text();
  const named = [...html.matchAll(/\/page\/assets\/[\w.-]+/g)].map(([path]) => path);
  const sizes = { js: 0, css: 0, svg: 0 };
  const seen = new Set<string>();
  for (const path of named) {
    if (seen.has(path)) continue;
    seen.add(path);
    const response = await fetch(`${url()}${path}`);
    expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    const text = await response.text();
    sizes[path.split(".").at(-1) as keyof typeof sizes] += gzipSync(text, { level: 9 }).length;
    // The parts that a script loads later count as well.
    for (const [, file] of text.matchAll(/["'`]\.\/([\w-]+\.js)["'`]/g)) named.push(`/page/assets/${file}`);
  }
  expect(sizes.js).toBeGreaterThan(30_000);
  expect(sizes.js).toBeLessThan(70 * 1024);
  expect(sizes.css).toBeGreaterThan(1000);
  expect(sizes.css).toBeLessThan(15 * 1024);
});
