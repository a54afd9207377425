import type { BytesMatch } from "../regexp.ts";

/** A text with references to groups of an expression, parsed. */
export type Template = readonly TemplatePart[];

/** Text, or a reference to a group by its number or name. */
type TemplatePart = { readonly text: Buffer } | { readonly group: number | string };

/** `$$`, `${name}` (group 1) or `$name` (group 2), as Go's `Regexp.Expand` finds them. Any other `$` is text. */
const REFERENCE = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;

/** Parses a template of Go's `Regexp.Expand`: `$1`, `${1}`, `$name` and `${name}` are groups, `$$` is a dollar sign. */
export function parseTemplate(template: string): Template {
  const parts: TemplatePart[] = [];
  let from = 0;
  const addText = (text: string): void => {
    if (text !== "") parts.push({ text: Buffer.from(text) });
  };
  for (const reference of template.matchAll(REFERENCE)) {
    const [whole, braced, bare] = reference;
    addText(template.slice(from, reference.index));
    from = reference.index + whole.length;
    const name = braced ?? bare;
    if (name === undefined) addText("$");
    else parts.push({ group: groupOf(name) });
  }
  addText(template.slice(from));
  return parts;
}

/** Returns the template that stands for `text`, without references. */
export const literalTemplate = (text: string): Template => (text === "" ? [] : [{ text: Buffer.from(text) }]);

/** A number has no leading zeros; anything else is a name. */
const groupOf = (name: string): number | string =>
  /^(?:0|[1-9][0-9]{0,8})$/.test(name) ? Number(name) : name;

/** Inserts the groups of a match. A group that did not take part, or does not exist, is empty. */
export const expandTemplate = (template: Template, match: BytesMatch | undefined): Buffer =>
  Buffer.concat(
    template.map((part) => ("text" in part ? part.text : (match?.group(part.group) ?? Buffer.alloc(0)))),
  );
