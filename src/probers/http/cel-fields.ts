import type { ASTNode } from "@marcbachmann/cel-js";

/** An expression in which plain names stand for the escaped ones, which the library does not know. */
export interface PlainExpression {
  readonly source: string;
  /** The escaped names by the plain ones. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * Matches what may contain a backquote that does not begin a name, and escaped names, whose content is the group. Characters as
 * in the grammar of CEL: https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
 */
const TOKEN =
  /"""(?:\\[^]|[^\\])*?"""|'''(?:\\[^]|[^\\])*?'''|"(?:\\[^]|[^"\\\n\r])*"|'(?:\\[^]|[^'\\\n\r])*'|\/\/[^\n]*|`([A-Za-z0-9_./ -]+)`/g;

/** Replaces the escaped names of an expression, as in ``body.`content-type` ``. */
export function withPlainNames(source: string): PlainExpression {
  const names = new Map<string, string>();
  if (!source.includes("`")) return { source, names };
  let prefix = "escaped";
  while (source.includes(prefix)) prefix += "_";
  const plain = source.replace(TOKEN, (token, name: string | undefined) => {
    if (name === undefined) return token;
    const stand = `${prefix}${names.size}`;
    names.set(stand, name);
    return stand;
  });
  return { source: plain, names };
}

/**
 * Gives the fields of a parsed expression their escaped names back, before it is checked.
 * @throws SyntaxError if an escaped name is not that of a field: CEL allows no others
 */
export function restoreNames(root: ASTNode, names: PlainExpression["names"]): void {
  if (names.size === 0) return;
  const refuse = (used: string): void => {
    const name = names.get(used);
    if (name !== undefined) throw new SyntaxError(`\`${name}\` is not the name of a field`);
  };
  visitNodes(root, (node) => {
    if (node.op === ".") node.args[1] = names.get(node.args[1]) ?? node.args[1];
    else if (node.op === "id") refuse(node.args);
    else if (node.op === "call" || node.op === "rcall") refuse(node.args[0]);
  });
}

/** Calls `act` for a node and everything inside of it. */
export function visitNodes(root: ASTNode, act: (node: ASTNode) => void): void {
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) visit(each);
    else if (isNode(value)) {
      act(value);
      visit(value.args);
    }
  };
  visit(root);
}

const isNode = (value: unknown): value is ASTNode =>
  typeof value === "object" && value !== null && "op" in value && "args" in value;
