import { defined } from "../core/defined.ts";
import type { ProbeResult, ProbeTarget } from "../core/prober.ts";
import type { LogLine } from "../core/result.ts";
import { REDACTED, redactAddress, secretsOf } from "../core/secret.ts";

/** The output of one probe. */
export interface ProbeOutput {
  readonly probed: ProbeResult;
  readonly log: readonly LogLine[];
}

/**
 * Removes the secret parts of an address from the texts of a probe of it: a prober quotes the address in details, or the target
 * repeats what it was sent. Returns `output` itself if the address has none.
 */
export function withoutAddressSecrets({ address }: ProbeTarget, output: ProbeOutput): ProbeOutput {
  const secrets = secretsOf(address);
  const shown = redactAddress(address);
  if (shown === address) return output;
  const clean = (text: string): string =>
    secrets.reduce(
      (safe, secret) => safe.replaceAll(secret, REDACTED),
      text.replaceAll(address, () => shown),
    );
  const { probed, log } = output;
  const { outcome, samples, degraded, facts, warnings } = probed;
  return {
    probed: {
      ...probed,
      outcome: outcome.ok ? outcome : { ...outcome, detail: clean(outcome.detail) },
      samples: samples.map((sample) => ({
        ...sample,
        ...defined({ labels: cleaned(sample.labels, clean) }),
      })),
      ...defined({
        degraded: degraded === undefined ? undefined : { ...degraded, detail: clean(degraded.detail) },
        facts: cleaned(facts, clean),
        warnings: warnings?.map((warning) => ({ ...warning, message: clean(warning.message) })),
      }),
    },
    log: cleaned(log, clean),
  };
}

/** Copies plain data, with every text passed through `clean`. */
function cleaned<Value>(value: Value, clean: (text: string) => string): Value {
  if (typeof value === "string") return clean(value) as Value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => cleaned(one as unknown, clean)) as Value;
  const entries = Object.entries(value).map(([key, one]) => [key, cleaned(one as unknown, clean)] as const);
  return Object.fromEntries(entries) as Value;
}
