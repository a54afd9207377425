/**
 * Returns the cycles of a graph, each once, with its first node repeated at the end.
 * @param edges the nodes that each node leads to
 */
export function* cyclesIn(edges: ReadonlyMap<string, readonly string[]>): Generator<readonly string[]> {
  const done = new Set<string>();
  for (const start of edges.keys()) {
    const cycle = cycleFrom(start, edges, done);
    if (cycle === undefined) continue;
    for (const one of cycle) done.add(one);
    yield cycle;
  }
}

/**
 * Returns a cycle that is reachable from `start`, by a depth-first search without recursion.
 * @param done nodes from which no new cycle can be reached; the search adds to them
 */
function cycleFrom(
  start: string,
  edges: ReadonlyMap<string, readonly string[]>,
  done: Set<string>,
): readonly string[] | undefined {
  const stack: { readonly name: string; readonly rest: string[] }[] = [];
  const enter = (node: string): void => void stack.push({ name: node, rest: [...(edges.get(node) ?? [])] });
  if (!done.has(start)) enter(start);
  for (let here = stack.at(-1); here !== undefined; here = stack.at(-1)) {
    const next = here.rest.shift();
    if (next === undefined) {
      done.add(here.name);
      stack.pop();
      continue;
    }
    const at = stack.findIndex((node) => node.name === next);
    if (at >= 0) return [...stack.slice(at).map((node) => node.name), next];
    if (edges.has(next) && !done.has(next)) enter(next);
  }
  return undefined;
}
