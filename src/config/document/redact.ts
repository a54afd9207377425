import { Document, Scalar } from "yaml";
import { hideParts, type IsPublic, isPublicValue, REDACTED, redactUrls } from "../../core/secret.ts";
import { onlyReferences } from "./convert.ts";
import type { Node, ScalarNode } from "./tree.ts";

/**
 * Formats the tree as YAML that is safe to show: secrets are replaced, `${NAME}` stays as written, and comments (which
 * may hold an old key) and anchors are dropped.
 * @param secrets the scalars that are secret; those that consist of `${NAME}` alone are shown
 */
export function redactedYaml(root: Node, secrets: ReadonlySet<Node>): string {
  const document = new Document(null, { schema: "failsafe" });
  document.contents = document.createNode(toYaml(root, secrets));
  return document.toString({ lineWidth: 0 });
}

/** @param key the key that has the value, if it is one of a map */
function toYaml(node: Node, secrets: ReadonlySet<Node>, key?: string): unknown {
  switch (node.kind) {
    case "scalar":
      return scalar(node, secrets, key === "target" ? redactTarget : redactUrl);
    case "list":
      return node.items.map((item) => toYaml(item, secrets));
    case "map":
      return new Map([...node.entries].map(([name, { value }]) => [name, toYaml(value, secrets, name)]));
  }
}

const TYPES = { plain: Scalar.PLAIN, quoted: Scalar.QUOTE_DOUBLE, block: Scalar.BLOCK_LITERAL } as const;

function scalar(node: ScalarNode, secrets: ReadonlySet<Node>, redact: (text: string) => string): Scalar {
  const hidden = secrets.has(node) && !onlyReferences(node.text);
  const shown = new Scalar(hidden ? REDACTED : redact(node.text));
  shown.type = hidden ? Scalar.PLAIN : TYPES[node.style];
  return shown;
}

/** A user may stand before a reference: `user:${PASSWORD}`. */
const isReference: IsPublic = (text, part) =>
  onlyReferences(part === "user" ? text.slice(text.indexOf(":") + 1) : text);

/** Removes from every URL in `text` what may be secret, except references to variables. */
export const redactUrl = (text: string): string => redactUrls(text, isReference);

/** Does the same with the address of a target, which needs no scheme, and all of which is the URL. */
const redactTarget = (text: string): string =>
  hideParts(redactUrl(text), (...part) => isPublicValue(...part) || isReference(...part));
