import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DefaultTheme } from "vitepress";
import { pageOf, ROOT } from "./links.ts";

/** The groups of pages, in the order in which a new user needs them. A page is named by its path below `docs`. */
export const GROUPS: readonly { readonly text: string; readonly pages: readonly string[] }[] = [
  {
    text: "Get started",
    pages: [
      "install",
      "start/blackbox-exporter",
      "start/models",
      "start/homelab",
      "how-it-works",
      "glossary",
    ],
  },
  {
    text: "Recipes",
    pages: [
      "recipes/ollama-and-clouds",
      "recipes/cron-jobs",
      "recipes/seventeen-services",
      "recipes/kcp-syncer",
      "recipes/log-heartbeats-in-kubernetes",
    ],
  },
  {
    text: "When something is wrong",
    pages: ["troubleshooting", "debug-log", "llm-reasons", "hanging-files", "runbooks"],
  },
  {
    text: "Probes",
    pages: ["tcp", "dns", "icmp", "grpc", "websocket", "plugins", "blackbox-differences"],
  },
  {
    text: "Heartbeats",
    pages: ["heartbeats", "heartbeat-logs", "leases"],
  },
  {
    text: "Failover, groups and people",
    pages: [
      "events",
      "routes",
      "groups",
      "status-page",
      "reports",
      "notify",
      "maintenance",
      "actions",
      "relay",
    ],
  },
  {
    text: "Prometheus and Grafana",
    pages: ["prometheus", "alerting", "dashboards", "prometheus-operator"],
  },
  {
    text: "Operation",
    pages: ["kubernetes", "listening", "storage", "security", "scale", "upgrading"],
  },
  {
    text: "Reference",
    pages: ["configuration", "command-line", "metrics", "http-api", "decisions"],
  },
];

/** The folders of pages that a page of the sidebar lists. */
const FOLDERS = ["dashboards", "runbooks", "adr"];

const main: DefaultTheme.SidebarItem[] = GROUPS.map(({ text, pages }) => ({
  text,
  items: pages.map(item),
  collapsed: false,
}));

/** The sidebar by path: that of a page in a folder has the other pages of the folder first. */
export const sidebar: DefaultTheme.SidebarMulti = {
  ...Object.fromEntries(
    FOLDERS.map((folder) => [
      `/${folder}/`,
      [
        { text: headingOf(listOf(folder)), link: `/${listOf(folder)}`, items: pagesIn(folder).map(item) },
        ...main,
      ],
    ]),
  ),
  "/": main,
};

function pagesIn(folder: string): string[] {
  return readdirSync(join(ROOT, "docs", folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `${folder}/${name.slice(0, -".md".length)}`)
    .toSorted();
}

/** Returns the page that lists the pages of a folder. */
function listOf(folder: string): string {
  return pageOf(`docs/${folder}`).replace(/\.md$/, "");
}

/** Returns the line of a page, with the page's heading as its text. */
function item(page: string): DefaultTheme.SidebarItem {
  return { text: headingOf(page), link: `/${page}` };
}

function headingOf(page: string): string {
  const [, heading = page] = /^# (.+)$/m.exec(readFileSync(join(ROOT, `docs/${page}.md`), "utf8")) ?? [];
  return heading;
}
