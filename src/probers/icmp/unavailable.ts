import { excerpt } from "../../core/excerpt.ts";
import type { PingEnd } from "./launcher-messages.ts";
import type { PingOutput } from "./output.ts";

const INSTALL =
  "install ping of iputils (Debian and Ubuntu: iputils-ping, others: iputils); the image of the exporter contains it";

/** Ways to allow ICMP sockets, for error texts. */
const ALLOW =
  "allow one of: the sysctl net.ipv4.ping_group_range='0 2147483647' (docker run --sysctl, Kubernetes securityContext.sysctls), " +
  "`setcap cap_net_raw+p` on ping, and in containers the capability NET_RAW (docker run --cap-add=NET_RAW, Kubernetes securityContext.capabilities.add without allowPrivilegeEscalation: false)";

const FOREIGN =
  /^(?:invalid (?:option|argument)|unrecognized option|illegal option|unknown option|usage:|busybox )/i;

const NOT_PERMITTED =
  /^(?:(?:icmp open )?socket: (?:Operation not permitted|Permission denied)|=> missing cap_net_raw\+p capability)/;

/**
 * Returns what prevents `ping` from working on this machine, and what to do about it; `undefined` if nothing is known to. It is
 * never due to the target.
 */
export function unavailability(end: PingEnd, output: PingOutput): string | undefined {
  if (end.kind === "failed") return startFailure(end.code, end.message);
  const { begun, complaints, unknown } = output;
  if (complaints.some((line) => NOT_PERMITTED.test(line)))
    return `ping may not send ICMP packets (${excerpt(complaints[0] ?? "", [], 100)}): ${ALLOW}`;
  const [foreign] = [...complaints.filter((line) => FOREIGN.test(line)), ...(begun ? [] : unknown)];
  if (foreign === undefined) return undefined;
  return `the program ping is not that of iputils, or too old (it printed: ${excerpt(foreign, [], 100)}): ${INSTALL}`;
}

/** Describes why the program could not be started. `code` is that of `errno`. */
function startFailure(code: string, message: string): string {
  switch (code) {
    case "ENOENT":
      return `there is no ping in PATH: ${INSTALL}`;
    case "EACCES":
      return `ping cannot be executed (${message}): ${INSTALL}`;
    case "EPERM":
      return `ping cannot be executed, because its file has capabilities that this process may not have: add the capability NET_RAW to the container (docker run --cap-add=NET_RAW, Kubernetes securityContext.capabilities.add), or use \`setcap cap_net_raw+p\` on ping, without e`;
    case "EAGAIN":
    case "ENOMEM":
    case "EMFILE":
    case "ENFILE":
      return `ping could not be started (${message}): raise the limit of processes, memory or open files, or lower limits.max_concurrent_probes`;
    default:
      return `ping could not be started (${message})`;
  }
}
