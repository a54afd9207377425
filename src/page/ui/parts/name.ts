import type { SubjectKind } from "../../model/words.ts";
import { usePaths } from "../context.ts";
import { h, type VNode } from "../h.ts";
import { shortName } from "../text.ts";

/** Shows a name that came from outside, so that it cannot change the direction of the text around it. */
export const Name = ({ text }: { readonly text: string }): VNode => h("bdi", null, shortName(text));

/** Links to the page of a subject. */
export const SubjectAnchor = ({ kind, name }: { readonly kind: SubjectKind; readonly name: string }): VNode =>
  h("a", { href: usePaths().subject(kind, name) }, h(Name, { text: name }));
