import { type Seconds, seconds } from "./units.ts";

/**
 * The phases of a probe over HTTP, in their order: looking up the name, connecting, the TLS handshake, waiting for the answer to
 * begin, and reading it.
 */
export const PHASES = ["resolve", "connect", "tls", "processing", "transfer"] as const;
/** One of `PHASES`. */
export type Phase = (typeof PHASES)[number];

/** The lengths of those phases that a probe reached. */
export type Phases = Readonly<Partial<Record<Phase, Seconds>>>;

/** Makes phases from the lengths that are known. */
export function phasesOf(known: (phase: Phase) => number | undefined): Phases {
  const phases: Partial<Record<Phase, Seconds>> = {};
  for (const phase of PHASES) {
    const length = known(phase);
    if (length !== undefined) phases[phase] = seconds(length);
  }
  return phases;
}
