import { Document, Scalar } from "yaml";
import { REDACTED } from "../../core/secret.ts";
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
    : new Map([...node.entries].map(([key, { value }]) => [key, toYaml(value, secrets)]));
}

const TYPES = { plain: Scalar.PLAIN, quoted: Scalar.QUOTE_DOUBLE, block: Scalar.BLOCK_LITERAL } as const;

function scalar(node: ScalarNode, secrets: ReadonlySet<Node>): Scalar {
  const hidden = secrets.has(node) && !onlyReferences(node.text);
  const shown = new Scalar(hidden ? REDACTED : redactUrl(node.text));
  shown.type = hidden ? Scalar.PLAIN : TYPES[node.style];
  return shown;
}

/** `scheme://user:password@` anywhere in a text. The last `@` of the authority ends the password. */
const USERINFO = /(:\/\/[^\s/@:]*:)([^\s/?#]+)(@)/g;

/** Replaces the password of every URL in `text`. */
export const redactUrl = (text: string): string =>
  text.replace(USERINFO, (whole, before: string, password: string, after: string) =>
    onlyReferences(password) ? whole : `${before}${REDACTED}${after}`,
  );
