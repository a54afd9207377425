/**
 * How components are written: calls of `h` instead of JSX, because Node.js runs `.ts` without a build and `.tsx` not at all.
 * The server renders the same functions to text that the browser brings to life.
 */
import type { JSX } from "preact";

export { type ComponentChildren as Children, Fragment, h } from "preact";

/** A rendered element with any properties. */
export type VNode = JSX.Element;

/** Joins the names of classes, without those that are absent. */
export const classes = (...names: readonly (string | false | undefined)[]): string =>
  names.filter((name) => typeof name === "string" && name !== "").join(" ");
