import { redactAddress } from "../core/secret.ts";
import type { PastProbe } from "../engine/recent-probes.ts";
import { decodedAgain } from "./probe-query.ts";
import type { RouteContext } from "./route-context.ts";

/** What a request to `/logs` asks for, or why it is refused. */
export type LogsQuery =
  | { readonly kind: "list" }
  | { readonly kind: "id"; readonly id: number }
  | { readonly kind: "target"; readonly target: string; readonly module?: string }
  | { readonly kind: "refused"; readonly text: string };

/** Parses `id`, `target` and `module`, which go together as for blackbox_exporter. */
export function parseLogsQuery(query: URLSearchParams): LogsQuery {
  const [id, target, module] = [query.get("id"), query.get("target"), query.get("module")];
  if (id === null && target === null && module === null) return { kind: "list" };
  if (id !== null && target !== null) return refused("id, target: got both, want one of them");
  if (id !== null && module !== null) return refused("module: got it with id, want it with ?target=");
  if (id !== null) {
    return /^\d{1,15}$/.test(id)
      ? { kind: "id", id: Number(id) }
      : refused(`id: got ${JSON.stringify(id)}, want the id of a recent probe; /logs lists them`);
  }
  if (target === null || target === "")
    return refused("target: got nothing, want ?target= with an address or the name of a configured target");
  return { kind: "target", target, ...(module === null ? {} : { module }) };
}

const refused = (text: string): LogsQuery => ({ kind: "refused", text });

/**
 * Returns the probe to show for a target: with a module, the newest one of the two; without, the last failed one, else the newest.
 * @param target the name of a target, or an address as it was given to `/probe`
 */
export function findProbe(
  { recentProbes, config }: Pick<RouteContext, "recentProbes" | "config">,
  target: string,
  module?: string,
): PastProbe | undefined {
  const address = decodedAgain(target);
  // The probes of a configured target are listed under its name, whatever it was asked by.
  const named = [...config().targets.values()].filter((one) => one.address === address);
  const names = new Set([target, redactAddress(address), ...named.map(({ name }) => name)]);
  const own = recentProbes
    .list()
    .filter((probe) => names.has(probe.target) && (module === undefined || module === probe.module.name));
  if (module !== undefined) return own[0];
  return own.find(({ result }) => !result.outcome.ok) ?? own[0];
}
