import type { FromSchema, JSONSchema } from "json-schema-to-ts";

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
