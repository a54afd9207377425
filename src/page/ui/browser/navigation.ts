import { dataPath } from "../paths.ts";
import type { Site } from "../view.ts";

/** Shows another address; `back` restores where the person was on it. */
type Go = (path: string, how: "push" | "back") => void;

/**
 * Follows links between pages without a new document, so that the tab keeps the control token and its stream. Returns what
 * ends it.
 */
export function followLinks(site: Site, go: Go): () => void {
  const onClick = (event: MouseEvent): void => {
    const isPlain =
      event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!isPlain || event.defaultPrevented || !(event.target instanceof Element)) return;
    const anchor = event.target.closest("a");
    if (anchor === null || anchor.target !== "" || anchor.dataset["native"] !== undefined) return;
    const url = new URL(anchor.href, location.href);
    const isAnchor = url.hash !== "";
    if (url.origin !== location.origin || isAnchor || dataPath(site.base, url.pathname, "") === undefined)
      return;
    event.preventDefault();
    go(`${url.pathname}${url.search}`, "push");
  };
  const onBack = (): void => go(`${location.pathname}${location.search}`, "back");
  history.scrollRestoration = "manual";
  document.addEventListener("click", onClick);
  addEventListener("popstate", onBack);
  return () => {
    document.removeEventListener("click", onClick);
    removeEventListener("popstate", onBack);
  };
}
