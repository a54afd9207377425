/** The part of a configuration that one of several exporters works on. */
export interface Shard {
  /** From 0 on. */
  readonly index: number;
  readonly total: number;
}

/** The shard of this exporter, and what others own. */
export interface Sharding {
  readonly shard: Shard;
  /** The shard of each configured target and heartbeat that another shard owns. */
  readonly elsewhere: ReadonlyMap<string, number>;
}

/** Parameters of the 64-bit FNV-1a hash: http://www.isthe.com/chongo/tech/comp/fnv/ */
const FNV = { offset: 0xcbf29ce484222325n, prime: 0x100000001b3n };

/** The multiplier of the linear congruential generator of the jump hash. */
const JUMP = 2862933555777941757n;

const MASK = (1n << 64n) - 1n;

/**
 * Returns the shard that owns a name: the jump consistent hash (https://arxiv.org/abs/1406.2294) of the FNV-1a hash of its
 * UTF-8 bytes, as kube-state-metrics shards objects. One more shard moves only every (total + 1)th name, all of them to
 * the new shard.
 */
export function shardOf(name: string, total: number): number {
  let key = FNV.offset;
  for (const byte of new TextEncoder().encode(name)) key = ((key ^ BigInt(byte)) * FNV.prime) & MASK;
  let owner = 0;
  for (let next = 0; next < total; ) {
    owner = next;
    key = (key * JUMP + 1n) & MASK;
    next = Math.floor((owner + 1) * (2 ** 31 / (Number(key >> 33n) + 1)));
  }
  return owner;
}
