import { escapeHtml, visible } from "../../core/escape.ts";

/** Characters that no XML 1.0 document may have, even as references. https://www.w3.org/TR/xml/#charsets */
const FORBIDDEN = /[\ufffe\uffff]/g;

/**
 * Escapes untrusted text for XML, between tags and in quoted attributes: one line, in which control characters and marks that
 * reorder text are visible.
 */
export const xmlText = (text: string): string => escapeHtml(visible(text).replace(FORBIDDEN, "\ufffd"));
