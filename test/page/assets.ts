import { buildPageAssets } from "../../scripts/page-assets.ts";

/** Bundles what browsers load before the first test, as `npm start` does before the exporter. */
export default async function setup(): Promise<void> {
  await buildPageAssets();
}
