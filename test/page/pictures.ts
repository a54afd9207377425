/** Takes the pictures of the documentation, of the pages in Chromium: `npm run pictures`. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { launchBrowser, openTab } from "./browser.ts";
import { startWorld } from "./world.ts";

const OUT = fileURLToPath(new URL("../../docs/pictures", import.meta.url));

/** Time in which the targets fill the bars of their last results. */
const WARM_UP_MS = 31_000;

await using world = await startWorld({ isHostile: false });
const { url } = world.exporter();
await fetch(`${url}/ping/production-server`, { headers: { Authorization: "Bearer ping-token" } });
await pause(WARM_UP_MS - 6000);
world.set("/checkout", 503);
await pause(6000);
const browser = await launchBrowser();
for (const [name, path, colorScheme] of [
  ["overview", "/", "light"],
  ["target", "/page/targets/gpt", "dark"],
] as const) {
  await using tab = await openTab(browser, url, { colorScheme, viewport: { width: 1200, height: 760 } });
  await tab.page.goto(path);
  await tab.page.getByText("Live", { exact: true }).waitFor();
  if (name === "target") await tab.page.locator(".uplot").first().waitFor();
  await tab.page.screenshot({ path: join(OUT, `${name}.png`) });
}
await browser.close();
