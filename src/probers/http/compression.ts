/**
 * Whether a response in `encoding` is among what `acceptEncoding` asks for (RFC 9110, 12.5.3), with any weight but 0.
 * The rule of blackbox_exporter: of the entries that name the encoding or `*`, the one with the highest weight counts.
 */
export function acceptsEncoding(acceptEncoding: string, encoding: string): boolean {
  if (acceptEncoding === "") return true;
  const weights = acceptEncoding.split(",").flatMap((part) => {
    const [name = "", parameter] = part.split(/;(?=[^;]*$)/);
    const fits = name.trim() === encoding || name.trim() === "*";
    return fits ? [parameter === undefined ? 1 : weightOf(parameter)] : [];
  });
  return Math.max(0, ...weights) > 0;
}

/** Weights have three decimals; what is none counts as 0. */
function weightOf(parameter: string): number {
  const weight = Number(parameter.trim().replace(/^q=/, "") || Number.NaN);
  return Number.isFinite(weight) ? Math.round(weight * 1000) / 1000 : 0;
}
