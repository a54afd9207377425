/** What brings a rendered page to life: `scripts/page-assets.ts` bundles it for browsers. */
import { hydrate } from "preact";
import type { Embedded } from "../document.ts";
import { h } from "../h.ts";
import { LivePage } from "./live-page.ts";

const place = document.querySelector("#page");
const data = document.querySelector("#data")?.textContent;
if (place !== null && data != null) {
  const { view, site } = JSON.parse(data) as Embedded;
  hydrate(h(LivePage, { view, site }), place);
}
