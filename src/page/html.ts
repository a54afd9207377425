import { type Asset, createAssets } from "./assets.ts";
import type { Site, View } from "./ui/view.ts";

/** A document with the policy that browsers enforce on it. */
export interface HtmlDocument {
  readonly text: string;
  /** Value of `Content-Security-Policy`. */
  readonly policy: string;
}

/** The page as documents and the files that they load. */
export interface PageHtml {
  render(view: View, site: Pick<Site, "canControl" | "controlSetting">): Promise<HtmlDocument>;
  /** Resolves to a file of the page; `undefined` for an unknown name. */
  asset(name: string): Promise<Asset | undefined>;
}

/** Settings of the page's documents. */
export interface PageHtmlOptions {
  readonly version: string;
  readonly routePrefix: string;
  /** Called once if the files that documents load were not built, so that pages have neither style nor script. */
  readonly onMissingAssets: (text: string) => void;
}

/** Creates what renders documents. It loads its library and its files with the first one. */
export function createPageHtml({ version, routePrefix: base, onMissingAssets }: PageHtmlOptions): PageHtml {
  const assets = createAssets(onMissingAssets);
  return {
    async render(view, site) {
      const [{ renderDocument, PAGE_POLICY, EMBED_POLICY }, names] = await Promise.all([
        import("./ui/document.ts"),
        assets.names(),
      ]);
      const at = (name: string): string => `${base}/page/assets/${name}`;
      const paths = names && { script: at(names.script), style: at(names.style), icon: at(names.icon) };
      const isEmbedded = view.kind === "public" && view.embed;
      return {
        text: renderDocument(view, { base, version, ...site }, paths),
        policy: isEmbedded ? EMBED_POLICY : PAGE_POLICY,
      };
    },
    asset: (name) => assets.find(name),
  };
}
