import type { JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import type { ClusterOptions } from "../../core/lease.ts";
import { formatDuration, type Seconds, seconds } from "../../core/units.ts";
import { accessNow } from "../../files/now.ts";
import { type BuildContext, durationOf } from "../context.ts";
import { withDefaults } from "../document/defaults.ts";
import { describeFileError } from "../document/files.ts";
import { childOf } from "../document/tree.ts";
import { positiveDuration, word } from "./schema-words.ts";

/** Renewals per duration by default. */
const RENEWALS_PER_DURATION = 3;

/** The section `lease`. */
export const leaseSchema = {
  type: "object",
  description:
    "Elects, by a Kubernetes Lease, the one of several replicas that sends prompts. `{}` for the defaults.",
  properties: {
    namespace: {
      type: "string",
      pattern: "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
      description:
        "Namespace of the Lease. Default: that of the pod's service account or of the kubeconfig's context, else default.",
    },
    name: {
      type: "string",
      pattern: "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
      default: "heartbeat-exporter",
      description: "Name of the Lease.",
    },
    identity: {
      ...word,
      maxLength: 128,
      description:
        "Name of this replica as the holder. Default: the hostname (in Kubernetes the pod's name) and a random suffix.",
    },
    duration: {
      ...positiveDuration,
      default: "30s",
      description:
        "How long other replicas wait after a renewal before they take over, in whole seconds. A leader that cannot renew steps down after two thirds of it.",
    },
    renew_interval: {
      ...positiveDuration,
      description: `Time between two renewals, at most half of the duration. Default: the duration / ${RENEWALS_PER_DURATION}.`,
    },
    kubeconfig: {
      ...word,
      description:
        "Kubeconfig file with access to the cluster. Default: the pod's service account, else the files in KUBECONFIG, else ~/.kube/config.",
    },
    context: { ...word, description: "Context of the kubeconfig, instead of its current context." },
    deliver: {
      type: "string",
      enum: ["leader", "all"],
      default: "leader",
      description:
        "Which replicas send webhooks and messages to people. Every replica probes targets that cost nothing, and would send the same events.",
    },
    advertise_url: {
      ...word,
      pattern: "^https?://[^\\s]+$",
      description:
        "URL under which applications reach this replica, with its route prefix, such as `http://${POD_IP}:8091`. While it leads, the other replicas redirect requests for the mode and the status to it.",
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

/** The Lease by which replicas elect a leader. */
export interface LeaseConfig extends ClusterOptions {
  readonly namespace?: string;
  readonly name: string;
  /** Name of this replica; generated if missing. */
  readonly identity?: string;
  readonly duration: Seconds;
  readonly renewInterval: Seconds;
  /** Which replicas send webhooks and messages. */
  readonly deliver: "leader" | "all";
  /** URL under which applications reach this replica. */
  readonly advertiseUrl?: string;
}

/** Builds the section; `undefined` if it is missing or has problems. */
export function buildLease({ raw: file, problems, resolvePath }: BuildContext): LeaseConfig | undefined {
  const path = ["lease"];
  const section = childOf(file, "lease");
  if (section === undefined || problems.isBroken(path)) return undefined;
  const raw = withDefaults(leaseSchema, section);
  const duration = durationOf(raw.duration);
  const renewInterval =
    raw.renew_interval === undefined
      ? seconds(duration / RENEWALS_PER_DURATION)
      : durationOf(raw.renew_interval);
  if (!Number.isInteger(duration)) {
    problems.add({ path: [...path, "duration"], want: "whole seconds" });
  }
  if (renewInterval > duration / 2) {
    const want = `at most ${formatDuration(seconds(duration / 2))}, half of the duration`;
    problems.add({ path: [...path, "renew_interval"], want });
  }
  const kubeconfig = raw.kubeconfig === undefined ? undefined : resolvePath(raw.kubeconfig);
  const unreadable = kubeconfig === undefined ? undefined : whyUnreadable(kubeconfig);
  if (unreadable !== undefined) {
    problems.add({ path: [...path, "kubeconfig"], got: unreadable, want: "a readable kubeconfig file" });
  }
  const { name, namespace, identity, context, advertise_url: advertiseUrl } = raw;
  if (advertiseUrl !== undefined && !URL.canParse(advertiseUrl)) {
    problems.add({
      path: [...path, "advertise_url"],
      got: JSON.stringify(advertiseUrl),
      want: "an http or https URL",
    });
  }
  const optional = defined({ namespace, identity, kubeconfig, context, advertiseUrl });
  return { name, duration, renewInterval, deliver: raw.deliver, ...optional };
}

function whyUnreadable(file: string): string | undefined {
  try {
    accessNow(file);
    return undefined;
  } catch (error) {
    return describeFileError(error);
  }
}
