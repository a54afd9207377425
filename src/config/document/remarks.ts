import type { UnplacedProblem } from "./problems.ts";
import { type Path, pathText } from "./tree.ts";

/** A problem or a warning that only the document can place in the file and redact. Plain data. */
export type Remark =
  | { readonly kind: "problem"; readonly problem: UnplacedProblem }
  /** A problem of an environment variable that has no place in the document. */
  | { readonly kind: "variable"; readonly variable: string; readonly got: string; readonly want: string }
  | { readonly kind: "warning"; readonly path: Path; readonly text: string };

/** Collects what the sections of the configuration have to report. */
export interface Remarks {
  add(problem: UnplacedProblem): void;
  /** Adds a problem of an environment variable that the document does not refer to. */
  addVariable(variable: string, got: string, want: string): void;
  warn(path: Path, text: string): void;
  /** Returns true if there is a problem at or below `path`, of the document or added since. */
  isBroken(path: Path): boolean;
  /** Returns everything that was added, in order. */
  all(): readonly Remark[];
}

/** @param broken the paths of the document's own problems */
export function createRemarks(broken: readonly Path[]): Remarks {
  const remarks: Remark[] = [];
  /** The paths of all problems and of everything around them, as text: files may have thousands of problems. */
  const brokenPaths = new Set<string>();
  const markBroken = (path: Path): void => {
    for (let length = 0; length <= path.length; length++) brokenPaths.add(pathText(path.slice(0, length)));
  };
  for (const path of broken) markBroken(path);
  return {
    add(problem) {
      remarks.push({ kind: "problem", problem });
      markBroken(problem.path);
    },
    addVariable: (variable, got, want) => void remarks.push({ kind: "variable", variable, got, want }),
    warn: (path, text) => void remarks.push({ kind: "warning", path, text }),
    isBroken: (path) => brokenPaths.size > 0 && brokenPaths.has(pathText(path)),
    all: () => remarks,
  };
}
