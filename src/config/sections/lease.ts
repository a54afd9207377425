import { accessSync, constants } from "node:fs";
import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import type { ClusterOptions } from "../../core/lease.ts";
import { formatDuration, type Seconds, seconds } from "../../core/units.ts";
import { reasonOf } from "../document/secrets.ts";
import { type BuildContext, durationOf } from "./modules.ts";

/** The section `lease:`: which Lease the replicas hold among themselves, and for how long. */
export interface LeaseConfig extends ClusterOptions {
  readonly namespace?: string;
  readonly name: string;
  /** How this replica is called; chosen by the exporter without one. */
  readonly identity?: string;
  readonly duration: Seconds;
  readonly renewInterval: Seconds;
}

/** Reports what is wrong with the section `lease`; `undefined` when something is, or when there is none. */
export function buildLease(raw: unknown, { report, resolvePath }: BuildContext): LeaseConfig | undefined {
  const path = ["lease"];
  if (raw === undefined || report.isBroken(path)) return undefined;
  const { namespace, name, identity, kubeconfig, context, duration, renew_interval } = raw as RawLease;
  const lasting = durationOf(duration ?? "30s");
  const renewInterval = renew_interval === undefined ? seconds(lasting / 3) : durationOf(renew_interval);
  if (!Number.isInteger(lasting)) {
    report.problem({ path: [...path, "duration"], want: "whole seconds" });
  }
  if (renewInterval > lasting / 2) {
    const want = `at most ${formatDuration(seconds(lasting / 2))}, half of the duration`;
    report.problem({ path: [...path, "renew_interval"], want });
  }
  const file = kubeconfig === undefined ? undefined : resolvePath(kubeconfig);
  const unreadable = file === undefined ? undefined : whyUnreadable(file);
  if (unreadable !== undefined) {
    report.problem({ path: [...path, "kubeconfig"], got: unreadable, want: "a kubeconfig file" });
  }
  return {
    name: name ?? "heartbeat-exporter",
    duration: lasting,
    renewInterval,
    ...defined({ namespace, identity, kubeconfig: file, context }),
  };
}

function whyUnreadable(file: string): string | undefined {
  try {
    accessSync(file, constants.R_OK);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

const positiveDuration = { type: "string", format: "positive_duration" } as const;
const word = { type: "string", minLength: 1 } as const;

/** What may stand under `lease`. */
export const leaseSectionSchema = {
  type: "object",
  description:
    "Makes several replicas of the exporter agree, by a Kubernetes Lease, on one that sends the prompts. `{}` for the defaults.",
  properties: {
    namespace: {
      type: "string",
      pattern: "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
      description:
        "Namespace of the Lease. Default: that of the pod's account or of the kubeconfig's context, else default.",
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
        "What this replica calls itself as the holder. Default: the host's name (in Kubernetes the pod's) and a random part.",
    },
    duration: {
      ...positiveDuration,
      default: "30s",
      description:
        "How long others wait after a renewal before they take over, whole seconds. A leader that cannot renew stops after two thirds of it.",
    },
    renew_interval: {
      ...positiveDuration,
      description: "Time between two renewals, at most half of the duration. Default: a third of it.",
    },
    kubeconfig: {
      ...word,
      description:
        "File that says how to reach the cluster. Default: the account of the pod, else the files of KUBECONFIG, else ~/.kube/config.",
    },
    context: { ...word, description: "Context of the kubeconfig instead of its current one." },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

export type RawLease = FromSchema<typeof leaseSectionSchema, { keepDefaultedPropertiesOptional: true }>;
