/** A condition of a label selector on one label. */
interface Requirement {
  readonly key: string;
  readonly operator: "exists" | "!" | "=" | "!=" | "in" | "notin" | ">" | "<";
  readonly values: readonly string[];
}

/** A selector that cannot be parsed. The message says what would be right. */
class SelectorError extends Error {
  override readonly name = "SelectorError";
}

const NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const PREFIX = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const LONGEST_PREFIX = 253;

/**
 * Parses a label selector as `kubectl --selector` does: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, `a>1`, `a<1`,
 * separated by commas; nothing selects everything.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 * @returns the selector in its normal form, which is equal for equal conditions; or what would be right
 */
export function parseSelector(
  text: string,
): { readonly ok: true; readonly selector: string } | { readonly ok: false; readonly want: string } {
  try {
    const written = requirementsOf(tokensOf(text)).map(format);
    return { ok: true, selector: [...new Set(written)].toSorted().join(",") };
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return { ok: false, want: error.message };
  }
}

function format({ key, operator, values }: Requirement): string {
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${[...new Set(values)].toSorted().join(",")})`;
    case "=":
    case "!=":
    case "<":
    case ">":
      return `${key}${operator}${values[0] ?? ""}`;
  }
}

/** Splits a selector into words and operators. */
function tokensOf(text: string): readonly string[] {
  const tokens = text.match(/[(),]|==|!=|[=!<>]|[^\s(),=!<>]+/g) ?? [];
  return [...tokens, END];
}

/** Stands after the last token. */
const END = "";

const isWord = (token: string): boolean => token !== END && !/^(?:[(),=!<>]|==|!=)$/.test(token);

function requirementsOf(tokens: readonly string[]): readonly Requirement[] {
  const found: Requirement[] = [];
  let at = 0;
  const next = (): string => tokens[at] ?? END;
  const take = (): string => {
    const token = next();
    at += 1;
    return token;
  };
  if (next() === END) return found;
  for (;;) {
    found.push(requirement(take, next));
    if (next() === END) return found;
    const separator = take();
    if (separator !== ",") throw new SelectorError(`a comma before ${quoted(separator)}`);
  }
}

function requirement(take: () => string, next: () => string): Requirement {
  if (next() === "!") {
    take();
    return { key: keyOf(take()), operator: "!", values: [] };
  }
  const key = keyOf(take());
  if (next() === "," || next() === END) return { key, operator: "exists", values: [] };
  const operator = take();
  switch (operator) {
    case "=":
    case "==":
    case "!=":
      return {
        key,
        operator: operator === "!=" ? "!=" : "=",
        values: [isWord(next()) ? valueOf(take(), key) : ""],
      };
    case "<":
    case ">": {
      const bound = take();
      if (!/^-?\d+$/.test(bound)) throw new SelectorError(`an integer after ${key}${operator}`);
      return { key, operator, values: [bound] };
    }
    case "in":
    case "notin":
      return { key, operator, values: valuesOf(take, next, `${key} ${operator}`, key) };
    default:
      throw new SelectorError(`=, ==, !=, in, notin, < or > after ${key}`);
  }
}

/** Parses `(a,b)`; a value may be empty. */
function valuesOf(take: () => string, next: () => string, after: string, key: string): readonly string[] {
  const form = `values in parentheses after ${after}, such as (a,b)`;
  if (take() !== "(") throw new SelectorError(form);
  const values: string[] = [];
  for (;;) {
    values.push(isWord(next()) ? valueOf(take(), key) : "");
    const token = take();
    if (token === ")") return values;
    if (token !== ",") throw new SelectorError(form);
  }
}

function keyOf(token: string): string {
  if (!isWord(token))
    throw new SelectorError(`the key of a label ${token === END ? "at the end" : `before ${quoted(token)}`}`);
  const parts = token.split("/");
  const [first = "", second] = parts;
  const isKey =
    parts.length <= 2 &&
    NAME.test(second ?? first) &&
    (second === undefined || (first.length <= LONGEST_PREFIX && PREFIX.test(first)));
  if (!isKey)
    throw new SelectorError(`the key of a label instead of ${quoted(token)}, such as app or example.com/app`);
  return token;
}

function valueOf(token: string, key: string): string {
  if (NAME.test(token)) return token;
  throw new SelectorError(
    `a value of at most 63 letters, digits, "-", "_" and "." for ${key} instead of ${quoted(token)}`,
  );
}

const quoted = (token: string): string => JSON.stringify(token);
