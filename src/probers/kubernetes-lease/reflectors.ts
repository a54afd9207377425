import type { Clock } from "../../core/clock.ts";
import type { ClusterOptions } from "../../core/lease.ts";
import type { Seconds } from "../../core/units.ts";
import { openCaller } from "./caller.ts";
import type { LeaseCollection } from "./collection.ts";
import type { Since } from "./lease-set.ts";
import { createReflector, type Reflector } from "./reflector.ts";

/** The use of a watched collection by one target. */
export interface WatchedLeases extends Omit<Reflector, "mark"> {
  /** The point from which a silence counts that was known before. */
  readonly joined: Since;
  /** Ends the use, and with the last one the watch. */
  close(): void;
}

/** The Leases that a target watches. */
export interface WatchRequest {
  readonly cluster: ClusterOptions;
  readonly collection: LeaseCollection;
  /** Most Leases that are watched. */
  readonly most: number;
  /** The timeout that applies instead of those of the Leases. */
  readonly timeout: Seconds | undefined;
}

interface SharedReflector {
  readonly reflector: Reflector;
  /** The timeouts of its users. */
  readonly users: Set<{ readonly timeout: Seconds | undefined }>;
  readonly close: () => void;
}

/** Reflectors in use, by what they watch. */
interface Reflectors {
  /** Watches a collection, with the reflector of other targets that watch the same. */
  watch(request: WatchRequest, clock: Clock): WatchedLeases;
  /** Number of collections that are watched. */
  size(): number;
}

/** Creates an empty registry. */
function createReflectors(): Reflectors {
  const shared = new Map<string, SharedReflector>();
  return {
    size: () => shared.size,
    watch({ cluster, collection, most, timeout }, clock) {
      const { kubeconfig, context } = cluster;
      const key = JSON.stringify([kubeconfig, context, collection.namespace, collection.selector, most]);
      const one = shared.get(key) ?? open(cluster, collection, most, clock);
      shared.set(key, one);
      const user = { timeout };
      one.users.add(user);
      return {
        ...one.reflector,
        joined: one.reflector.mark(),
        close() {
          one.users.delete(user);
          if (one.users.size > 0) return;
          one.close();
          if (shared.get(key) === one) shared.delete(key);
        },
      };
    },
  };
}

function open(
  cluster: ClusterOptions,
  collection: LeaseCollection,
  most: number,
  clock: Clock,
): SharedReflector {
  const caller = openCaller(cluster);
  const users: SharedReflector["users"] = new Set();
  const timeouts = (): Seconds[] => [...users].flatMap(({ timeout }) => timeout ?? []);
  const reflector = createReflector({ caller, collection, most, clock: clock.forProbe(), timeouts });
  return {
    reflector,
    users,
    close() {
      reflector.close();
      caller.close();
    },
  };
}

/** The reflectors of this process: modules and targets that watch the same Leases share one. */
export const processReflectors = createReflectors();
