import type { Config } from "../config/config.ts";
import { type Exposure, exposuresOf } from "../money/exposure.ts";

/**
 * Returns what clients of `/probe` can spend per day with each module that costs money, for people: one line for each, or nothing
 * without such modules.
 * @param probesAny false if a flag restricts `/probe` to configured targets
 */
export function exposureText(config: Config, probesAny: boolean): string {
  const exposures = exposuresOf({ ...config, probesAny: probesAny && config.web.probesAny });
  if (exposures.length === 0) return "";
  const lines = exposures.map((exposure) => `  ${exposure.module.name}: ${lineOf(exposure)}\n`);
  return `a client that reaches /probe without a password can spend per day, beside what is in flight when a budget ends:\n${lines.join("")}`;
}

function lineOf({ anyAddress, tokensPerProbe, perDay: { tokens, dollars } }: Exposure): string {
  const each = tokensPerProbe === 0 ? "" : `, ${tokensPerProbe} tokens a probe`;
  const from = anyAddress ? "with any allowed address" : "with its configured targets";
  if (Number.isFinite(dollars)) {
    const bound = Number.isFinite(tokens) ? `${Math.ceil(tokens)} tokens, ` : "";
    return `at most ${bound}${dollars.toFixed(2)} dollars ${from}`;
  }
  if (Number.isFinite(tokens))
    return `at most ${Math.ceil(tokens)} tokens ${from}, whose price is not configured`;
  return anyAddress
    ? `no limit ${from}${each}: set its budget, or web.enable_probe_any: false`
    : `no limit ${from}${each}: set its budget, or a min_interval above 0`;
}
