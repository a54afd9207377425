import type { Config } from "../../config/config.ts";
import { nearest } from "../../config/document/describe.ts";
import { defined } from "../../core/defined.ts";
import { redactAddress } from "../../core/secret.ts";
import { type ProbeRequest, requestFor, requestForAddress } from "../../engine/probe-request.ts";
import { parseProbeQuery } from "../../server/probe-query.ts";
import type { ProbeFlags } from "../probe.ts";
import { CommandError } from "../shell.ts";

/** What is to be probed, and under which name it is shown. */
export interface ProbeSelection {
  readonly name: string;
  readonly subject: ProbeRequest;
}

/**
 * Turns the words of the command line into what is to be probed, each thing once.
 * @throws CommandError when one of them is nothing that can be probed
 */
export function choose(
  { words, module, model, hostname }: ProbeFlags,
  config: Config,
): readonly ProbeSelection[] {
  const targets = new Map(config.targets.map((target) => [target.name, target]));
  if (module === undefined) {
    if (targets.size === 0)
      throw new CommandError("no target is configured: give --module and an address", "usage");
    const names = words.length === 0 ? [...targets.keys()] : [...new Set(words)];
    return names.map((name) => {
      const target = targets.get(name);
      if (target === undefined) throw new CommandError(unknownTarget(name, [...targets.keys()]), "usage");
      return { name, subject: requestFor(target) };
    });
  }
  return [...new Set(words)].map((address) => {
    const query = new URLSearchParams({
      target: address,
      module,
      ...defined({ model, hostname }),
    });
    const asked = parseProbeQuery(query, { modules: config.modules, targets });
    switch (asked.kind) {
      case "refused":
        throw new CommandError(asked.text, "usage");
      case "target":
        return { name: asked.target.name, subject: requestFor(asked.target) };
      case "address":
        return { name: redactAddress(address), subject: requestForAddress(asked.target, asked.module) };
    }
  });
}

function unknownTarget(name: string, names: readonly string[]): string {
  const guess = nearest(name, names);
  const address = /[:/.]/.test(name) ? ", or --module beside an address" : "";
  const wanted = guess === undefined ? `one of ${names.join(", ")}` : `${guess}, perhaps`;
  return `target: got ${JSON.stringify(redactAddress(name))}, want the name of a configured target (${wanted})${address}`;
}
