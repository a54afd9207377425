import { defined } from "../../core/defined.ts";
import type { Shard } from "../../core/shard.ts";
import type { ConfigDeps } from "../config.ts";
import type { Environment } from "../document/convert.ts";
import { ConfigError } from "../document/problems.ts";

/** Values of the flags, as written. */
export interface ShardFlags {
  readonly shard?: string;
  readonly totalShards?: string;
  /** URL of the shards, with `{shard}` in place of the number. */
  readonly shardUrl?: string;
}

/** Most shards; a number beyond it is a mistake. */
const MOST_SHARDS = 10_000;

/** A shard, and the URL of every shard. */
export interface ShardSettings extends Shard {
  /** Returns the URL of another shard, if one is configured. */
  readonly urlOf?: (index: number) => URL;
}

/**
 * Reads the shard of this exporter from `--shard`, `--total-shards` and `--shard-url`, else from `HEARTBEAT_SHARD`,
 * `HEARTBEAT_TOTAL_SHARDS` and `HEARTBEAT_SHARD_URL`. The variable of the shard may be the name of a pod of a StatefulSet,
 * which ends with its number.
 * @returns `undefined` if nothing is sharded
 * @throws ConfigError if they contradict each other
 */
export function shardSettings(flags: ShardFlags, env: Environment): ShardSettings | undefined {
  const total = valueOf("--total-shards", flags.totalShards, "HEARTBEAT_TOTAL_SHARDS", env);
  const shard = valueOf("--shard", flags.shard, "HEARTBEAT_SHARD", env);
  const url = valueOf("--shard-url", flags.shardUrl, "HEARTBEAT_SHARD_URL", env);
  if (shard === undefined && total === undefined && url === undefined) return undefined;
  if (total === undefined)
    throw problem((shard ?? url)?.place, "no --total-shards", "the number of shards in --total-shards");
  if (shard === undefined) throw problem(total.place, "no --shard", "a number from 0 on in --shard");
  const count = countIn(total);
  const index = numberIn(shard.isVariable ? shard.text.replace(/^.*-(?=\d+$)/u, "") : shard.text);
  if (index === undefined || index >= count)
    throw problem(
      shard.place,
      JSON.stringify(shard.text),
      `a number from 0 to ${count - 1}, below the ${count} of ${total.place}`,
    );
  if (url === undefined) return { index, total: count };
  const urlOf = (other: number): string => url.text.replaceAll("{shard}", String(other));
  if (!url.text.includes("{shard}") || !/^https?:\/\//u.test(url.text) || !URL.canParse(urlOf(0)))
    throw problem(url.place, JSON.stringify(url.text), "a URL such as http://exporter-{shard}.exporter:8091");
  return { index, total: count, urlOf: (other) => new URL(urlOf(other)) };
}

/**
 * Returns the shards to check a configuration for: one as `shardSettings` reads it, or all if only their number is given.
 * @throws ConfigError if they contradict each other
 */
export function shardsToCheck(
  flags: ShardFlags,
  env: Environment,
): Pick<ConfigDeps, "shard" | "totalShards"> {
  const total = valueOf("--total-shards", flags.totalShards, "HEARTBEAT_TOTAL_SHARDS", env);
  const shard = valueOf("--shard", flags.shard, "HEARTBEAT_SHARD", env);
  if (total !== undefined && shard === undefined) return { totalShards: countIn(total) };
  return defined({ shard: shardSettings(flags, env) });
}

interface Value {
  readonly place: string;
  readonly text: string;
  readonly isVariable: boolean;
}

function valueOf(
  flag: string,
  text: string | undefined,
  variable: string,
  env: Environment,
): Value | undefined {
  if (text !== undefined) return { place: flag, text, isVariable: false };
  const set = env[variable]?.trim();
  return set === undefined || set === "" ? undefined : { place: variable, text: set, isVariable: true };
}

function countIn({ place, text }: Value): number {
  const count = numberIn(text);
  if (count !== undefined && count >= 1 && count <= MOST_SHARDS) return count;
  throw problem(place, JSON.stringify(text), `a number from 1 to ${MOST_SHARDS}`);
}

const numberIn = (text: string): number | undefined => (/^\d{1,6}$/u.test(text) ? Number(text) : undefined);

const problem = (place = "--shard", got: string, want: string): ConfigError =>
  new ConfigError([{ place, path: "", got, want }]);
