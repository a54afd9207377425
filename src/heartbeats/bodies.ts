/**
 * The last body that each heartbeat sent, within a total size: the oldest are evicted. Bodies may contain secrets, so
 * they are never persisted.
 */
export interface Bodies {
  keep(name: string, body: Buffer): void;
  get(name: string): Buffer | undefined;
  delete(name: string): void;
}

/**
 * Creates an empty collection.
 * @param maxBytes total size of all bodies
 */
export function createBodies(maxBytes: number): Bodies {
  const bodies = new Map<string, Buffer>();
  let total = 0;
  const drop = (name: string): void => {
    total -= bodies.get(name)?.length ?? 0;
    bodies.delete(name);
  };
  return {
    keep(name, body) {
      drop(name);
      bodies.set(name, body);
      total += body.length;
      for (const oldest of bodies.keys()) {
        if (total <= maxBytes) break;
        drop(oldest);
      }
    },
    get: (name) => bodies.get(name),
    delete: drop,
  };
}
