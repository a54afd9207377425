import type { FromSchema, JSONSchema } from "json-schema-to-ts";

const word = { type: "string", minLength: 1 } as const;

/** The options of a `kubernetes_lease` module. */
export const leaseSchema = {
  type: "object",
  description:
    "Reads a Lease (coordination.k8s.io/v1); the target is `namespace/name`. The probe fails when the Lease was not renewed in time.",
  properties: {
    timeout: {
      type: "string",
      format: "positive_duration",
      description:
        "How long the Lease may go without a renewal, counted from when the exporter saw the last one. Default: the Lease's own leaseDurationSeconds.",
    },
    expected_holder: {
      ...word,
      description: "Fails with content_mismatch while another one holds the Lease.",
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

export type LeaseOptions = FromSchema<typeof leaseSchema>;
