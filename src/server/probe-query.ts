import { defined } from "../core/defined.ts";
import { HOST_HEADER_FORM, isHostHeader } from "../core/names.ts";
import type { ProbeTarget } from "../core/prober.ts";
import { redactAddress } from "../core/secret.ts";
import type { Steps } from "../core/steps.ts";
import type { Module, Target } from "../core/target.ts";
import type { RouteConfig } from "./route-context.ts";

/** The default of `?module=`, as in blackbox_exporter. */
const DEFAULT_MODULE = "http_2xx";

/** The target of a request to `/probe`, or why it is refused. */
export type ProbeQuery =
  | { readonly kind: "target"; readonly target: Target }
  | { readonly kind: "address"; readonly target: ProbeTarget; readonly module: Module }
  | { readonly kind: "refused"; readonly about: "module" | "target" | "access"; readonly text: string };

/**
 * What may be asked for beside configured targets: nothing (`configured`); any address, as far as that reaches no further and costs no
 * more than the configuration says (`bounded`); everything, for the operator's own command line.
 */
export type ProbeAccess = "configured" | "bounded" | "all";

/** The part of the configuration that `/probe` needs. */
interface ProbeConfig
  extends Pick<RouteConfig, "modules" | "offModules" | "targets" | "targetsAt" | "namesHost"> {
  readonly access: ProbeAccess;
}

/**
 * Parses `target`, `module`, `model` and `hostname`, of which empty ones count as missing. A configured target is found by its
 * name, unless another module is given, and by its address with its module. Any other `target` is an address.
 */
export function parseProbeQuery(
  query: URLSearchParams,
  { modules, offModules, targets, targetsAt, access, namesHost }: ProbeConfig,
): ProbeQuery {
  const moduleName = query.get("module") || undefined;
  const address = query.get("target") ?? "";
  const named = targets.get(address);
  if (named !== undefined && (moduleName === undefined || moduleName === named.module.name)) {
    return { kind: "target", target: named };
  }
  const module = modules.get(moduleName ?? DEFAULT_MODULE);
  if (module === undefined) {
    const off = offModules.get(moduleName ?? DEFAULT_MODULE);
    const text =
      off === undefined
        ? unknownModule(moduleName, address, modules, targets)
        : `module: got ${JSON.stringify(moduleName ?? DEFAULT_MODULE)}, which is off (${off}), want another module`;
    return { kind: "refused", about: "module", text };
  }
  if (address === "") {
    return refused("target: got nothing, want ?target= with an address or the name of a configured target");
  }
  const decoded = decodedAgain(address);
  const model = query.get("model") || undefined;
  const hostname = query.get("hostname") || undefined;
  if (hostname !== undefined && !isHostHeader(hostname))
    return refused(`hostname: got ${JSON.stringify(hostname)}, want ${HOST_HEADER_FORM}`);
  const same = targetsAt(module, decoded).filter(
    (target) => (model === undefined || model === target.model) && hostname === target.hostname,
  );
  if (same.length === 1 && same[0] !== undefined) return { kind: "target", target: same[0] };
  const denial =
    access === "all"
      ? undefined
      : denialOf({ address: decoded, model, hostname }, module, { access, targets, namesHost });
  if (denial !== undefined) return { kind: "refused", about: "access", text: denial };
  const target = {
    address: decoded,
    configured: false,
    ...defined({ model, hostname }),
  };
  const objection = module.prober.objection?.(target, module.options);
  if (objection !== undefined) {
    const got = { target: redactAddress(decoded), model, hostname }[objection.part];
    return refused(
      `${objection.part}: got ${got === undefined ? "nothing" : JSON.stringify(got)}, want ${objection.want}`,
    );
  }
  return { kind: "address", target, module };
}

/** The parameters of a request for an address that is no configured target. */
interface ProbeParameters {
  readonly address: string;
  readonly model: string | undefined;
  readonly hostname: string | undefined;
}

/** Returns why strangers may not ask for a probe; `undefined` if they may. */
function denialOf(
  { address, model, hostname }: ProbeParameters,
  module: Module,
  { access, targets, namesHost }: Pick<ProbeConfig, "access" | "targets" | "namesHost">,
): string | undefined {
  const name = JSON.stringify(module.name);
  if (access === "configured") {
    return `target: got ${JSON.stringify(address)} with module ${name}, want a configured target with its own module, because --web.enable-probe-any or web.enable_probe_any is false`;
  }
  const configured = (part: "model" | "hostname", value: string): boolean =>
    [...targets.values()].some((target) => target.module === module && target[part] === value);
  if (model !== undefined && module.prober.costly) {
    const { prober, options } = module;
    if (prober.allowsModel?.(model, options) !== true && !configured("model", model)) {
      return `model: got ${JSON.stringify(model)}, want the model of module ${name}, one of its configured targets, or one that its allowed_models match`;
    }
  }
  if (hostname !== undefined && !namesHost(module, hostname) && !configured("hostname", hostname)) {
    return `hostname: got ${JSON.stringify(hostname)}, want a name in allowed_targets of module ${name}, or the hostname of one of its configured targets`;
  }
  return undefined;
}

/** Indexes targets for `targetsAt`. */
export function* indexByAddress(targets: Iterable<Target>): Steps<RouteConfig["targetsAt"]> {
  const index = new Map<Module, Map<string, Target[]>>();
  for (const target of targets) {
    const ofModule = index.get(target.module) ?? new Map<string, Target[]>();
    index.set(target.module, ofModule);
    const same = ofModule.get(target.address);
    if (same === undefined) ofModule.set(target.address, [target]);
    else same.push(target);
    yield;
  }
  return (module, address) => index.get(module)?.get(address) ?? [];
}

const refused = (text: string): ProbeQuery => ({ kind: "refused", about: "target", text });

function unknownModule(
  name: string | undefined,
  address: string,
  modules: ReadonlyMap<string, Module>,
  targets: ReadonlyMap<string, Target>,
): string {
  if (name === undefined && address !== "") {
    return `target: got ${JSON.stringify(redactAddress(address))}, want the name of a configured target (${list(targets)}), or ?module= beside an address`;
  }
  return `module: got ${JSON.stringify(name ?? DEFAULT_MODULE)}, want a configured module (${list(modules)})`;
}

const list = (names: ReadonlyMap<string, unknown>): string =>
  names.size === 0 ? "none" : [...names.keys()].join(", ");

/**
 * Decodes the target a second time, as blackbox_exporter does, for addresses that relabelling had encoded. An address with a
 * scheme was not encoded twice, so its escapes are its own: `http://host/group%2Fname`.
 */
export function decodedAgain(address: string): string {
  if (!address.includes("%") || /^[a-z][a-z0-9+.-]*:\/\//i.test(address)) return address;
  try {
    return decodeURIComponent(address);
  } catch {
    return address;
  }
}
