import { defineConfig } from "vitepress";
import { linksOfTheRepository } from "./links.ts";
import { plainBraces } from "./plain-braces.ts";
import { promql } from "./promql.ts";
import { sidebar } from "./sidebar.ts";
import { slugOf } from "./slug.ts";

/** The documentation as a site: `npm run docs:build` writes it into `docs/.vitepress/dist`. */
export default defineConfig({
  title: "heartbeat-exporter",
  description: "Prometheus exporter for LLMs and the services around them",
  lang: "en",
  head: [["link", { rel: "icon", type: "image/svg+xml", href: "/icon.svg" }]],
  ignoreDeadLinks: "localhostLinks",
  markdown: {
    anchor: { slugify: slugOf },
    config: (markdown) => void markdown.use(linksOfTheRepository).use(plainBraces),
    languages: [promql],
  },
  // The index of the search, which a browser fetches with the first search.
  vite: { build: { chunkSizeWarningLimit: 1000 } },
  themeConfig: {
    logo: "/icon.svg",
    nav: [
      { text: "Install", link: "/install" },
      { text: "Configuration", link: "/configuration" },
      { text: "Metrics", link: "/metrics" },
      { text: "Troubleshooting", link: "/troubleshooting" },
    ],
    sidebar,
    outline: [2, 3],
    search: { provider: "local" },
  },
});
