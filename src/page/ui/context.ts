import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { SubjectPage } from "../model/subject.ts";
import { type Paths, pathsAt } from "./paths.ts";
import type { Picture } from "./subject/chart-lines.ts";
import type { Site } from "./view.ts";

/** A request that changes something, sent for a person. */
export interface Command {
  readonly method: "POST" | "DELETE" | "PUT";
  /** Without the route prefix, with its query. */
  readonly path: string;
}

/** The result of a command, for the person who gave it. */
export interface CommandOutcome {
  readonly ok: boolean;
  readonly text: string;
}

/** Draws charts that people can point at. */
export interface ChartDrawer {
  readonly draw: (place: HTMLElement, page: SubjectPage, picture: Picture) => DrawnChart;
}

/** A chart in a document. */
export interface DrawnChart {
  readonly update: (page: SubjectPage, picture: Picture) => void;
  readonly remove: () => void;
}

/** Functions that only a browser has. The server renders pages without them. */
export interface Browser {
  /** Shows another address of the exporter without a new document; `replace` keeps the history of the tab as it is. */
  readonly go: (path: string, options?: { readonly replace?: boolean }) => void;
  /** Loads the next part of the overview. */
  readonly more: () => void;
  /** Sends a command with the control token, for which it asks if the tab does not know it. */
  readonly send: (command: Command) => Promise<CommandOutcome>;
  /** Loads what draws charts. */
  readonly charts: () => Promise<ChartDrawer>;
  /** Reads a text of the exporter. */
  readonly read: (path: string) => Promise<string>;
}

/** The surroundings of a component. */
export interface Surroundings {
  readonly site: Site;
  readonly browser?: Browser;
  /** Unix time in seconds by the exporter's clock. */
  readonly now: number;
}

/** The surroundings of all components below. The time of the exporter is apart, because it changes every second. */
export const SiteContext = createContext<Omit<Surroundings, "now">>({
  site: { base: "", version: "", canControl: false, controlSetting: "" },
});
/** The time of the exporter. */
export const NowContext = createContext(0);

/** Returns the facts about the exporter. */
export const useSite = (): Site => useContext(SiteContext).site;
/** Returns what the browser can do; `undefined` on the server. */
export const useBrowser = (): Browser | undefined => useContext(SiteContext).browser;
/** Returns the addresses of pages. */
export const usePaths = (): Paths => pathsAt(useSite().base);
/** Returns the Unix time in seconds by the exporter's clock. */
export const useNow = (): number => useContext(NowContext);
