import { Document, Scalar } from "yaml";
import { REDACTED } from "../../core/secret.ts";
import { onlyReferences } from "./convert.ts";
import type { Node, ScalarNode } from "./tree.ts";

/**
 * The tree as YAML that can be shown: secrets are replaced, `${NAME}` stands as it was written, comments (which may
 * hold yesterday's key) and anchors are gone.
 * @param secrets the scalars that are secret; made of nothing but `${NAME}`, they are shown all the same
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
  const written = new Scalar(hidden ? REDACTED : redactUrl(node.text));
  written.type = hidden ? Scalar.PLAIN : TYPES[node.style];
  return written;
}

/** `scheme://user:password@`, whatever stands around it; the last `@` of the authority is the one that counts. */
const USERINFO = /(:\/\/[^\s/@:]*:)([^\s/?#]+)(@)/g;

/** Replaces the password of every URL in `text`. */
export const redactUrl = (text: string): string =>
  text.replace(USERINFO, (whole, before: string, password: string, after: string) =>
    onlyReferences(password) ? whole : `${before}${REDACTED}${after}`,
  );
