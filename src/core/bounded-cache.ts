/** Values by key that can be computed again. */
export interface BoundedCache<V> {
  /** Returns the value of `key`, computed if it is not known. */
  get(key: string, compute: () => V): V;
}

/**
 * Creates a cache that forgets everything when it holds `most` values. For values that cost little to compute again, this is
 * as good as forgetting the oldest, and costs nothing per use.
 */
export function createBoundedCache<V>(most: number): BoundedCache<V> {
  const known = new Map<string, { readonly value: V }>();
  return {
    get(key, compute) {
      const found = known.get(key);
      if (found !== undefined) return found.value;
      const value = compute();
      if (known.size >= most) known.clear();
      known.set(key, { value });
      return value;
    },
  };
}
