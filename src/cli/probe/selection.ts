import type { Config } from "../../config/config.ts";
import { nearest } from "../../config/document/describe.ts";
import { defined } from "../../core/defined.ts";
import { redactAddress } from "../../core/secret.ts";
import { complete } from "../../core/steps.ts";
import { type ProbeRequest, requestFor, requestForAddress } from "../../engine/probe-request.ts";
import { indexByAddress, parseProbeQuery } from "../../server/probe-query.ts";
import { CommandError } from "../shell.ts";
import { moduleOfScheme } from "./built-in-modules.ts";

/** The arguments and flags of a command that say which targets to probe. */
export interface TargetSelector {
  /** Names of configured targets, all if empty; with `module`, addresses. Without, addresses whose scheme tells the module. */
  readonly targets: readonly string[];
  readonly module?: string;
  readonly model?: string;
  readonly hostname?: string;
}

/** A probe to run and the name under which its result is shown. */
export interface ProbeSelection {
  readonly name: string;
  readonly request: ProbeRequest;
}

/**
 * Returns the probes that the command line selects, without duplicates.
 * @throws CommandError if a name is not configured or an address cannot be probed
 */
export function selectTargets(
  { targets: selected, module, model, hostname }: TargetSelector,
  config: Config,
): readonly ProbeSelection[] {
  const targets = new Map(config.targets.map((target) => [target.name, target]));
  const targetsAt = complete(indexByAddress(config.targets));
  if (module === undefined) {
    if (targets.size === 0 && selected.length === 0)
      throw new CommandError("no target is configured: pass --module and an address", "usage");
    const names = selected.length === 0 ? [...targets.keys()] : [...new Set(selected)];
    return names.map((name) => {
      const target = targets.get(name);
      if (target !== undefined) return { name, request: requestFor(target) };
      const ofScheme = moduleOfScheme(name);
      if (ofScheme === undefined || !config.modules.has(ofScheme))
        throw new CommandError(unknownTarget(name, [...targets.keys()]), "usage");
      return atAddress(name, ofScheme);
    });
  }
  return [...new Set(selected)].map((address) => atAddress(address, module));

  function atAddress(address: string, module: string): ProbeSelection {
    const query = parseProbeQuery(
      new URLSearchParams({ target: address, module, ...defined({ model, hostname }) }),
      {
        modules: config.modules,
        offModules: config.offModules,
        targets,
        targetsAt,
        namesHost: () => true,
        access: "all",
      },
    );
    switch (query.kind) {
      case "refused":
        throw new CommandError(query.text, "usage");
      case "target":
        return { name: query.target.name, request: requestFor(query.target) };
      case "address":
        return { name: redactAddress(address), request: requestForAddress(query.target, query.module) };
    }
  }
}

/** Returns true for a text that is an address rather than the name of a target. */
export const isAddress = (text: string): boolean => /[:/.]/.test(text);

function unknownTarget(name: string, names: readonly string[]): string {
  const guess = nearest(name, names);
  const address = isAddress(name) ? "; to probe an address, pass --module" : "";
  const known = names.length === 0 ? "none is configured" : `one of ${names.join(", ")}`;
  const hint = guess === undefined ? known : `did you mean ${guess}?`;
  return `target: got ${JSON.stringify(redactAddress(name))}, want the name of a configured target (${hint})${address}`;
}
