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

function toYaml(node: Node, secrets: ReadonlySet<Node>): unknown {
  if (node.kind === "scalar") return scalar(node, secrets);
  return node.kind === "list"
    ? node.items.map((item) => toYaml(item, secrets))
    : new Map([...node.entries].map(([key, { value }]) => [key, entryToYaml(key, value, secrets)] as const));
}

/** The address of a target needs no scheme by which it could be found in a text. */
function entryToYaml(key: string, value: Node, secrets: ReadonlySet<Node>): unknown {
  const shown = toYaml(value, secrets);
  if (
    key === "target" &&
    shown instanceof Scalar &&
    typeof shown.value === "string" &&
    !shown.value.includes("://")
  )
    shown.value = hideParts(shown.value, (...part) => isPublicValue(...part) || isReference(...part));
  return shown;
}

const TYPES = { plain: Scalar.PLAIN, quoted: Scalar.QUOTE_DOUBLE, block: Scalar.BLOCK_LITERAL } as const;

function scalar(node: ScalarNode, secrets: ReadonlySet<Node>): Scalar {
  const hidden = secrets.has(node) && !onlyReferences(node.text);
  const shown = new Scalar(hidden ? REDACTED : redactUrl(node.text));
  shown.type = hidden ? Scalar.PLAIN : TYPES[node.style];
  return shown;
}

/** A user may stand before a reference: `user:${PASSWORD}`. */
const isReference: IsPublic = (text, part) =>
  onlyReferences(part === "user" ? text.slice(text.indexOf(":") + 1) : text);

/** Removes from every URL in `text` what may be secret, except references to variables. */
export const redactUrl = (text: string): string => redactUrls(text, isReference);
