/** Something that targets and heartbeats can depend on. Names are unique across the kinds. */
export interface Dependency {
  readonly kind: "target" | "heartbeat" | "group";
  readonly name: string;
}

/** The present state of dependencies. */
export interface DependencyGraph {
  /** Reports whether a dependency is down; `undefined` if that is unknown, such as for one of another shard. */
  readonly isDown: (dependency: Dependency) => boolean | undefined;
  /** Returns what a dependency itself depends on. */
  readonly dependsOn: (dependency: Dependency) => readonly Dependency[];
}

/** A dependency because of which a target or heartbeat is not told to be down. */
export interface Blocker {
  readonly name: string;
  /** True if it is down; false while that is not certain. */
  readonly isDown: boolean;
}

/** Returns the name of the dependency that is down and on which a target or heartbeat depends; `undefined` if none is. */
export type BlockedBy = (kind: Dependency["kind"], name: string) => string | undefined;

/**
 * Returns the dependency that is down and explains why `dependencies` cannot be relied on; `undefined` if none is. Of a chain
 * it is the last one that is down: the one to repair. A dependency that works is not looked behind, and an unknown one is
 * never down itself, but what it depends on can be.
 * @param dependencies in order of precedence
 */
export function downDependency(
  dependencies: readonly Dependency[],
  graph: DependencyGraph,
): Dependency | undefined {
  const visited = new Set<string>();
  const firstDown = (candidates: readonly Dependency[]): Dependency | undefined => {
    for (const candidate of candidates) {
      // A diamond is walked once.
      if (visited.has(candidate.name)) continue;
      visited.add(candidate.name);
      const isDown = graph.isDown(candidate);
      if (isDown === false) continue;
      const deeper = firstDown(graph.dependsOn(candidate));
      if (deeper !== undefined) return deeper;
      if (isDown === true) return candidate;
    }
    return undefined;
  };
  return firstDown(dependencies);
}
