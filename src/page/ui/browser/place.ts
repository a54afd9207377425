import { useLayoutEffect, useRef } from "preact/hooks";

/** An element in view, with its distance from the top of the window. */
interface Anchor {
  readonly element: Element;
  readonly top: number;
}

/** Elements that a reader may look at, which stay the same when their content changes. */
const ANCHORS = "li, section, header, dl, pre";

/** Keeps what the reader looks at where it is, while content above it grows or moves. */
export interface Place {
  /** Notes what is in view. Call it before the page changes. */
  readonly note: () => void;
}

/**
 * Restores the place after each rendering that `note` came before. Browsers do something like it themselves, but not all of
 * them, and Chromium jumps to the element with the focus when that moves, even if it was out of view.
 */
export function usePlace(): Place {
  const noted = useRef<Anchor | undefined>(undefined);
  useLayoutEffect(() => {
    const anchor = noted.current;
    noted.current = undefined;
    if (anchor === undefined || !anchor.element.isConnected) return;
    restore(anchor);
    // Chromium scrolls to the focus with the next frame.
    requestAnimationFrame(() => restore(anchor));
  });
  return {
    note() {
      noted.current = scrollY === 0 ? undefined : anchorInView();
    },
  };
}

function restore({ element, top }: Anchor): void {
  const moved = element.getBoundingClientRect().top - top;
  if (Math.abs(moved) >= 1) scrollBy({ top: moved, behavior: "instant" });
}

/** Returns the first element that begins in view. */
function anchorInView(): Anchor | undefined {
  for (const element of document.querySelectorAll(`main :is(${ANCHORS})`)) {
    const { top, height } = element.getBoundingClientRect();
    if (top >= 0 && top < innerHeight && height > 0) return { element, top };
  }
  return undefined;
}
