import type { Cluster } from "./cluster.ts";

/** Now, in seconds since the process began. */
export const now = (): number => performance.now() / 1000;

/** Calls `look` at every `period` (seconds) until the returned function is called. Looks that fail or take longer are left out. */
export function watchEvery(period: number, look: (at: number) => Promise<void>): () => void {
  const timer = setInterval(() => void look(now()).catch(() => undefined), period * 1000);
  return () => clearInterval(timer);
}

/** A time in which one replica may have held the Lease. It overlaps with the next one by the time between two looks. */
interface Term {
  readonly holder: string;
  readonly from: number;
  to: number;
}

/** Who held a Lease when, as the API server said. */
export interface LeaseWitness {
  readonly terms: readonly Term[];
  /** Reports whether a replica may have held the Lease at a time. */
  heldBy(holder: string, at: number): boolean;
  holder(): string;
  readonly stop: () => void;
}

/** Looks at a Lease every quarter of a second. */
export function watchLease(cluster: Cluster, namespace: string, name: string): LeaseWitness {
  const terms: Term[] = [];
  let looked = now();
  let isLooking = false;
  const stop = watchEvery(0.25, async (at) => {
    if (isLooking) return;
    isLooking = true;
    try {
      const { status, body } = await cluster.api(
        "GET",
        `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`,
      );
      const spec = (status === 200 ? body["spec"] : undefined) as
        | { readonly holderIdentity?: string }
        | undefined;
      const holder = spec?.holderIdentity ?? "";
      const last = terms.at(-1);
      if (last?.holder === holder) last.to = now();
      else {
        if (last !== undefined) last.to = now();
        terms.push({ holder, from: looked, to: now() });
      }
      looked = at;
    } finally {
      isLooking = false;
    }
  });
  return {
    terms,
    // The last term goes on while the API server does not answer.
    heldBy: (holder, at) =>
      terms.some((term, index) => {
        const end = index === terms.length - 1 ? Number.POSITIVE_INFINITY : term.to;
        return term.holder === holder && at >= term.from && at <= end;
      }),
    holder: () => terms.at(-1)?.holder ?? "",
    stop,
  };
}
