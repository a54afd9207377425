/** The last body that each heartbeat sent. Within a bound: the oldest go first. They may hold secrets, and are on no shelf. */
export interface Bodies {
  keep(name: string, body: Buffer): void;
  get(name: string): Buffer | undefined;
  delete(name: string): void;
}

/** @param most how many bytes all of them together may have */
export function createBodies(most: number): Bodies {
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
        if (total <= most) break;
        drop(oldest);
      }
    },
    get: (name) => bodies.get(name),
    delete: drop,
  };
}
