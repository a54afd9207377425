import { visible } from "../../core/escape.ts";
import type { TargetStatus } from "../../core/status.ts";
import { truncateWithDots } from "../../core/truncate.ts";
import { wordOf } from "../summary.ts";
import { xmlText } from "./xml.ts";

/** What a badge says: a name on the left, and on the right a value with the colour of its status. */
export interface BadgeText {
  readonly label: string;
  readonly value: string;
  readonly status: TargetStatus;
}

/** Colours on which white text has a contrast of at least 4.5. Unknown is grey, never green. */
const COLOURS: Readonly<Record<TargetStatus, string>> = {
  healthy: "#1a7f37",
  degraded: "#9a6700",
  unhealthy: "#cf222e",
  unknown: "#6e7781",
};

const LONGEST_LABEL = 60;
const LONGEST_VALUE = 30;

const NARROW = new Set("fijlrtI.,:;'|!()[]{} ");
const WIDE = new Set("mwMW@%");

/**
 * Widths of characters at 11 px, in pixels: the means of classes in Verdana, DejaVu Sans and Arial. The text is fitted into its
 * computed length by the viewer, so that a font with other widths does not leave its box.
 */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code > 0x2e7f) width += 11.5;
    else if (NARROW.has(character)) width += 4.3;
    else if (WIDE.has(character)) width += 10.2;
    else width += code >= 0x41 && code <= 0x5a ? 7.8 : 6.9;
  }
  return Math.round(width);
}

const PADDING = 6;
const HEIGHT = 20;

/** Renders a badge as SVG without scripts, fonts, ids or references, so that several can stand in one document. */
export function badge({ label, value, status }: BadgeText): string {
  const left = truncateWithDots(visible(label), LONGEST_LABEL);
  const right = truncateWithDots(visible(value), LONGEST_VALUE);
  const [leftWidth, rightWidth] = [widthOf(left) + 2 * PADDING, widthOf(right) + 2 * PADDING];
  const width = leftWidth + rightWidth;
  const title = xmlText(`${left}: ${right}`);
  const part = (text: string, x: number, boxWidth: number): string =>
    `<text x="${x + boxWidth / 2}" y="14" textLength="${boxWidth - 2 * PADDING}" lengthAdjust="spacingAndGlyphs">${xmlText(text)}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}" role="img" aria-label="${title}">
<title>${title}</title>
<path fill="#414750" d="M3 0H${leftWidth}V20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z"/>
<path fill="${COLOURS[status]}" d="M${leftWidth} 0H${width - 3}a3 3 0 0 1 3 3V17a3 3 0 0 1-3 3H${leftWidth}z"/>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
${part(left, 0, leftWidth)}
${part(right, leftWidth, rightWidth)}
</g>
</svg>
`;
}

/** Returns the badge of a status. */
export const statusBadge = (label: string, status: TargetStatus, maintenance = false): BadgeText => ({
  label,
  value: maintenance ? `${wordOf(status)}, maintenance` : wordOf(status),
  status,
});

/** Returns the badge of an uptime, from 0 to 1; grey if it is not known. */
export function uptimeBadge(label: string, window: string, uptime: number | null): BadgeText {
  const named = `${label} uptime ${window}`;
  if (uptime === null) return { label: named, value: "unknown", status: "unknown" };
  const status = uptime >= 0.995 ? "healthy" : uptime >= 0.95 ? "degraded" : "unhealthy";
  return { label: named, value: percent(uptime), status };
}

/** Formats a ratio. Rounds down, so that an outage never reads as 100%. */
export const percent = (ratio: number): string => {
  const hundredths = Math.floor(ratio * 10_000 + 1e-9) / 100;
  return `${hundredths === 100 ? "100" : hundredths.toFixed(2)}%`;
};

/** Returns the badge of a mean duration in seconds, with the colour of the present status. */
export const latencyBadge = (
  label: string,
  seconds: number | undefined,
  status: TargetStatus,
): BadgeText => ({
  label: `${label} latency`,
  value: seconds === undefined ? "unknown" : duration(seconds),
  status: seconds === undefined ? "unknown" : status,
});

/** Formats a duration in milliseconds, or in seconds from one second. */
export const duration = (seconds: number): string =>
  seconds < 1
    ? `${Math.max(1, Math.round(seconds * 1000))} ms`
    : `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
