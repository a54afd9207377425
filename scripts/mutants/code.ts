import { parseSync } from "rolldown/utils";
import { type Mutant, mutantsOf, type Replacement } from "./mutant.ts";

/** A node of the syntax tree (ESTree with TypeScript), as far as it is looked at here. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

const OPERATORS: ReadonlyMap<string, string> = new Map([
  ["<", "<="],
  ["<=", "<"],
  [">", ">="],
  [">=", ">"],
  ["===", "!=="],
  ["!==", "==="],
  ["+", "-"],
  ["-", "+"],
  ["*", "/"],
  ["/", "*"],
  ["%", "*"],
]);

const METHODS: ReadonlyMap<string, string> = new Map([
  ["min", "max"],
  ["max", "min"],
  ["some", "every"],
  ["every", "some"],
]);

/** Methods that return a part or an order of what they are called on. */
const SELECTING: ReadonlySet<string> = new Set([
  "filter",
  "slice",
  "toSorted",
  "toReversed",
  "trim",
  "toLowerCase",
]);

/** Nodes of types that hold expressions; what is in other ones does not run. */
const TYPED_EXPRESSIONS: ReadonlySet<string> = new Set([
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSNonNullExpression",
]);

/**
 * Makes the small faults of TypeScript: conditions fixed, boundaries shifted, guards and calls removed, returns emptied,
 * operands dropped, numbers changed.
 * @throws Error if `text` is not valid
 */
export function mutateCode(file: string, text: string): Mutant[] {
  const { program, errors } = parseSync(file, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${file}: ${error.message}`);
  const found: Replacement[] = [];
  walk(program as unknown as Node, (node, parent) => found.push(...faultsAt(node, parent, text)));
  return mutantsOf(file, text, found);
}

function walk(node: Node, visit: (node: Node, parent: Node | undefined) => void, parent?: Node): void {
  if (node.type.startsWith("TS") && !TYPED_EXPRESSIONS.has(node.type)) return;
  if (node.type === "ImportDeclaration") return;
  visit(node, parent);
  for (const [key, value] of Object.entries(node)) {
    if (key === "typeAnnotation" || key === "typeArguments") continue;
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit, node);
  }
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && "start" in value;

function faultsAt(node: Node, parent: Node | undefined, text: string): Replacement[] {
  const child = (key: string): Node => node[key] as Node;
  const source = (of: Node): string => text.slice(of.start, of.end);
  const instead = (of: Node, ...texts: readonly string[]): Replacement[] =>
    texts.map((to) => ({ start: of.start, end: of.end, to }));
  switch (node.type) {
    case "IfStatement":
    case "ConditionalExpression":
      return instead(child("test"), "true", "false");
    case "WhileStatement":
      return instead(child("test"), "false");
    case "LogicalExpression":
      return instead(
        node,
        source(child("left")),
        ...(node["operator"] === "??" ? [] : [source(child("right"))]),
      );
    case "BinaryExpression":
      return otherOperator(node, parent, text);
    case "UnaryExpression":
      return node["operator"] === "!" ? instead(node, source(child("argument"))) : [];
    case "Literal":
      return otherLiteral(node, parent);
    case "ReturnStatement":
      return isNode(node["argument"]) ? instead(child("argument"), emptied(child("argument"))) : [];
    case "ArrowFunctionExpression":
      return child("body").type === "BlockStatement" || isTypeGuard(node)
        ? []
        : instead(child("body"), emptied(child("body")));
    case "ExpressionStatement":
      return isNode(node["expression"]) && child("expression").type !== "Literal" ? instead(node, ";") : [];
    case "CallExpression":
      return otherCall(node, text);
    default:
      return [];
  }
}

/** A call of a function that returns nothing has nothing to empty: `undefined` in its place removes the call. */
const emptied = (value: Node): string => (value.type === "ArrayExpression" ? "[]" : "undefined");

const isTypeGuard = (arrow: Node): boolean =>
  isNode(arrow["returnType"]) &&
  (arrow["returnType"]["typeAnnotation"] as Node | undefined)?.type === "TSTypePredicate";

function otherOperator(node: Node, parent: Node | undefined, text: string): Replacement[] {
  const [left, right] = [node["left"] as Node, node["right"] as Node];
  const to = OPERATORS.get(String(node["operator"]));
  // A comparison that is the whole condition is fixed to true and to false already, which is more.
  const isWholeTest = parent?.["test"] === node && /^[!=]==$/.test(String(node["operator"]));
  const isText = [left, right].some(
    ({ type, value }) => type === "TemplateLiteral" || typeof value === "string",
  );
  if (to === undefined || isWholeTest || (node["operator"] === "+" && isText)) return [];
  const between = text.slice(left.end, right.start);
  const start = left.end + between.indexOf(String(node["operator"]));
  return [{ start, end: start + String(node["operator"]).length, to }];
}

function otherLiteral(node: Node, parent: Node | undefined): Replacement[] {
  const { value, start, end } = node;
  // The place of a part, as in `match[1]`, is no number of the domain.
  if (parent?.type === "MemberExpression") return [];
  if (typeof value === "boolean") return [{ start, end, to: String(!value) }];
  if (typeof value !== "number") return [];
  return [{ start, end, to: String(value === 0 ? 1 : value > 10 ? value * 2 : value + 1) }];
}

function otherCall(node: Node, text: string): Replacement[] {
  const callee = node["callee"] as Node;
  if (callee.type !== "MemberExpression" || callee["computed"] === true) return [];
  const [object, property] = [callee["object"] as Node, callee["property"] as Node];
  const name = String(property["name"]);
  const to = METHODS.get(name);
  if (to !== undefined) return [{ start: property.start, end: property.end, to }];
  return SELECTING.has(name)
    ? [{ start: node.start, end: node.end, to: text.slice(object.start, object.end) }]
    : [];
}
