/**
 * Returns the anchor of a heading as GitHub makes it, so that one link works there and on the site: in lower case, without
 * punctuation, spaces as hyphens.
 */
export const slugOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");
