import type { FromSchema, JSONSchema } from "json-schema-to-ts";

const word = { type: "string", minLength: 1 } as const;

/** Schema of `modules.<name>.kubernetes_lease`. */
export const leaseSchema = {
  type: "object",
  description:
    "Reads a Lease (coordination.k8s.io/v1); the target is `namespace/name`, or a namespace with `selector`. The probe fails if a Lease is not renewed in time.",
  properties: {
    timeout: {
      type: "string",
      format: "positive_duration",
      description:
        "Longest time without a renewal, from the moment at which the exporter observed the last one. Default: leaseDurationSeconds of the Lease.",
    },
    expected_holder: {
      ...word,
      description: "Fails with content_mismatch if the Lease has another holder.",
    },
    selector: {
      type: "string",
      description:
        'Watches all Leases of the namespace that match this label selector, in the syntax of kubectl, and succeeds if all of them are alive; `""` matches all. The target is then a namespace.',
    },
    min_leases: {
      type: "integer",
      minimum: 0,
      description: "With `selector`: fails with empty if fewer Leases match. Default: 1.",
    },
    max_leases: {
      type: "integer",
      minimum: 1,
      maximum: 10_000,
      description:
        "With `selector`: most Leases that are watched. Those beyond are counted, as `heartbeat_leases`, and not judged. Default: 1000.",
    },
    kubeconfig: {
      ...word,
      description:
        "Kubeconfig file. Default: the service account of the pod, else the files of KUBECONFIG, else ~/.kube/config.",
    },
    context: { ...word, description: "Context of the kubeconfig, instead of its current one." },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

/** The options of a `kubernetes_lease` module. */
export type LeaseOptions = FromSchema<typeof leaseSchema>;
