/** The environment: names to values. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `$${NAME}` (escaped, group 1) or `${NAME}` (group 2). A bare `$`, `$1` or `${1}` is text: expressions are full of them. */
const REFERENCE = /\$(\$\{[A-Za-z_][A-Za-z0-9_]*\})|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** A text after substitution. */
export interface Substituted {
  readonly text: string;
  /** Variables that were named, set or not. */
  readonly names: readonly string[];
  /** Those of them that are not set; they stand in `text` as written. */
  readonly unset: readonly string[];
}

/** Puts the values of environment variables in place of `${NAME}`. An empty value is a value. */
export function substitute(text: string, env: Environment): Substituted {
  const names: string[] = [];
  const unset: string[] = [];
  const result = text.replace(REFERENCE, (whole, escaped: string | undefined, name: string | undefined) => {
    if (escaped !== undefined || name === undefined) return escaped ?? whole;
    names.push(name);
    const value = env[name];
    if (value === undefined) unset.push(name);
    return value ?? whole;
  });
  return { text: result, names, unset };
}

/** Writes `text` such that substitution gives it back unchanged. */
export const escapeReferences = (text: string): string =>
  text.replace(/\$\{[A-Za-z_][A-Za-z0-9_]*\}/g, (reference) => `$${reference}`);

/** Whether `text` is made of nothing but references, and so gives away nothing. */
export const onlyReferences = (text: string): boolean =>
  text.replace(REFERENCE, (_, escaped: string | undefined) => escaped ?? "").trim() === "" &&
  text.trim() !== "";
