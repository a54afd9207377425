/**
 * Bytes that may be in memory at once, shared by everything that keeps what others send. The part of each share up to
 * `FREE_BYTES` is not counted, so that small answers never wait for large ones.
 */
export interface ByteBudget {
  /**
   * Opens a share for one answer.
   * @param most the most bytes that it may grow to
   */
  open(most: number): ByteShare;
  /** Returns the bytes that all shares together may have. */
  total(): number;
  /** Changes the total. More room admits those that wait. */
  setTotal(bytes: number): void;
  /** Returns the bytes that are counted now, and the number of shares that wait for room. */
  counts(): { readonly held: number; readonly waiting: number };
}

/** The bytes of one answer. */
export interface ByteShare {
  /**
   * Adds bytes that have arrived. Returns `undefined` if more may be read at once, else a promise that resolves when there is
   * room again: until then the owner has to stop reading.
   */
  grow(bytes: number): Promise<void> | undefined;
  /** Gives all bytes back. A share that waits stops waiting, and its promise stays pending. It may grow again. */
  release(): void;
}

/** Bytes of each share that are not counted: a segment as it is read from a socket. */
export const FREE_BYTES = 64 * 1024;

interface Share {
  readonly most: number;
  /** All bytes, with those that are not counted. */
  size: number;
  /** The bytes that are counted. */
  held: number;
  /** Counted once there is room. */
  wanted: number;
  admit: (() => void) | undefined;
}

/**
 * Creates a budget. Shares could all wait for each other, so the oldest one that is counted never waits: what it may still need
 * is set aside. If it may grow to more than all others could, the total is exceeded by that once.
 */
export function createByteBudget(initial: number): ByteBudget {
  let total = initial;
  let held = 0;
  /** The shares that are counted, the oldest first. */
  const shares = new Set<Share>();

  const hasRoom = (share: Share): boolean => {
    const [oldest = share] = shares;
    const reserved = share === oldest ? 0 : Math.max(0, oldest.most - oldest.held);
    return share === oldest || held + share.wanted + reserved <= total;
  };
  const take = (share: Share): void => {
    held += share.wanted;
    share.held += share.wanted;
    share.wanted = 0;
    share.admit?.();
    share.admit = undefined;
  };
  const admitWaiting = (): void => {
    for (const share of shares) if (share.wanted > 0 && hasRoom(share)) take(share);
  };

  return {
    open(most) {
      const share: Share = { most, size: 0, held: 0, wanted: 0, admit: undefined };
      return {
        grow(bytes) {
          share.size += bytes;
          share.wanted = Math.max(0, share.size - FREE_BYTES) - share.held;
          if (share.wanted <= 0) return undefined;
          shares.add(share);
          if (hasRoom(share)) {
            take(share);
            return undefined;
          }
          return new Promise((resolve) => {
            share.admit = resolve;
          });
        },
        release() {
          share.size = 0;
          if (!shares.delete(share)) return;
          held -= share.held;
          share.held = 0;
          share.wanted = 0;
          admitWaiting();
        },
      };
    },
    total: () => total,
    setTotal(bytes) {
      total = bytes;
      admitWaiting();
    },
    counts: () => ({
      held,
      waiting: [...shares].filter(({ wanted }) => wanted > 0).length,
    }),
  };
}
