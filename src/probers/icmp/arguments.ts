import { isIP } from "../ip.ts";
import type { IcmpModule } from "./options.ts";

/**
 * Time after which `ping` ends by itself, in seconds. The deadline of the probe comes first; this is for a `ping` that nothing
 * ends, because the exporter was killed.
 */
const LONGEST_RUN = "300";

/**
 * Returns the arguments of `ping`, as iputils has them. It ends with the first reply; until then it reports each second that
 * there is none, and, with `resend`, sends another echo request.
 * @param address a numeric address, which the network of the probe has checked
 */
export function pingArguments(address: string, module: IcmpModule): readonly string[] {
  const { size, ttl, dontFragment, source, resend } = module;
  const version = isIP(address);
  return [
    // No names are looked up, neither the target's nor those of routers.
    "-n",
    version === 6 ? "-6" : "-4",
    "-O",
    "-c",
    "1",
    // The number of replies to wait for with -w, and of requests to send with -W.
    resend ? "-w" : "-W",
    LONGEST_RUN,
    "-s",
    String(size),
    ...(ttl === 0 ? [] : ["-t", String(ttl)]),
    // As in blackbox_exporter, which ignores the option for IPv6. Routers do not fragment IPv6.
    ...(dontFragment && version === 4 ? ["-M", "do"] : []),
    ...(source === undefined ? [] : ["-I", source]),
    "--",
    address,
  ];
}
