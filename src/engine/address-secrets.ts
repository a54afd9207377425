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
  const shown = redactAddress(address);
  if (shown === address) return output;
  const secrets = secretsOf(address);
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
      samples: samples.map((sample) => {
        const labels = cleaned(sample.labels, clean);
        return labels === sample.labels || labels === undefined ? sample : { ...sample, labels };
      }),
      ...(degraded && { degraded: { ...degraded, detail: clean(degraded.detail) } }),
      ...(facts && { facts: cleaned(facts, clean) }),
      ...(warnings && {
        warnings: warnings.map((warning) => ({ ...warning, message: clean(warning.message) })),
      }),
    },
    log: cleaned(log, clean),
  };
}

/** Passes every text in plain data through `clean`. Copies only what changes: nearly no text quotes the address. */
function cleaned<Value>(value: Value, clean: (text: string) => string): Value {
  if (typeof value === "string") return clean(value) as Value;
  if (typeof value !== "object" || value === null) return value;
  let copy: Value | undefined;
  for (const key of Object.keys(value) as (keyof Value)[]) {
    const one = cleaned(value[key], clean);
    if (one === value[key]) continue;
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as Value;
    copy[key] = one;
  }
  return copy ?? value;
}
