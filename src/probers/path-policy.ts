import type { CompileContext } from "../core/prober.ts";

/**
 * Decides which Unix sockets a module may connect to. Paths are real ones, without symbolic links, so that no link leads out
 * of what is allowed; an abstract socket has its name after `@`.
 */
export interface PathPolicy {
  /**
   * Returns the reason to refuse a socket, or `undefined`.
   * @param realPath resolves the links of a path in the list; returns it unchanged if there is no such path
   */
  refuses(path: string, realPath: (path: string) => Promise<string>): Promise<string | undefined>;
}

/** The forms of an entry of `allowed_targets` that is a path, for error texts. */
const PATH_FORM = "an absolute path or @name, in which * and ? stand for characters other than /";

/** Returns true for the path of a Unix socket, or its abstract name. */
export const isSocketPath = (text: string): boolean => /^(?:\/|@.)/.test(text);

/** Reports the entries of `allowed_targets` that are no paths. */
export function checkAllowedPaths(allowed: readonly string[] | undefined, context: CompileContext): void {
  for (const [i, entry] of allowed?.entries() ?? [])
    if (!isSocketPath(entry)) context.problem(["allowed_targets", i], entry, PATH_FORM);
}

/** Compiles the entries of `allowed_targets` that are paths. */
export function compilePathPolicy(allowed: readonly string[]): PathPolicy {
  const entries = allowed.filter(isSocketPath).map(parseEntry);
  return {
    async refuses(path, realPath) {
      for (const { fixed, rest } of entries) {
        const real = fixed.startsWith("/") ? await realPath(fixed) : fixed;
        if (rest === undefined ? path === real : matches(path, real, rest)) return undefined;
      }
      return `${path} is not in allowed_targets`;
    },
  };
}

interface PathEntry {
  /** The path or, with wildcards, the folder before the first one; its symbolic links are resolved. */
  readonly fixed: string;
  /** The part with wildcards; undefined without any. */
  readonly rest: RegExp | undefined;
}

function parseEntry(entry: string): PathEntry {
  const plain = /^[^*?]*/.exec(entry)?.[0] ?? "";
  if (plain === entry) return { fixed: entry, rest: undefined };
  const cut = plain.lastIndexOf("/") + 1;
  return { fixed: entry.slice(0, cut), rest: globExpression(entry.slice(cut)) };
}

function matches(path: string, folder: string, rest: RegExp): boolean {
  const base = folder === "" || folder.endsWith("/") ? folder : `${folder}/`;
  return path.startsWith(base) && rest.test(path.slice(base.length));
}

const globExpression = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replaceAll(/[\\^$.+()[\]{}|]/g, String.raw`\$&`)
      .replaceAll(/\*+/g, "[^/]*")
      .replaceAll("?", "[^/]")}$`,
    "s",
  );
