import type { ProbeTarget } from "../../core/prober.ts";
import type { Question, Questions } from "./questions.ts";

/** The questions of one probe: the first, and what is asked after it if all goes well. */
export interface Turn {
  readonly first: Question;
  readonly further: readonly Question[];
}

/** Says what the next probe of a target asks. */
export type Turns = (target: ProbeTarget) => Turn;

/** Anybody can have addresses probed that nobody configured; the oldest are forgotten beyond this many. */
const MOST_TARGETS = 10_000;

/** Gives each target its own rotation, so that targets of one module do not take each other's turns. */
export function compileTurns(questions: Questions, mode: "rotate" | "all"): Turns {
  if (mode === "all" || questions.further.length === 0) return () => questions;
  const all = [questions.first, ...questions.further];
  const asked = new Map<string, number>();
  return ({ address, model, hostname }) => {
    const target = JSON.stringify([address, model, hostname]);
    const count = asked.get(target) ?? 0;
    if (asked.size >= MOST_TARGETS && !asked.has(target)) {
      for (const oldest of asked.keys()) {
        asked.delete(oldest);
        break;
      }
    }
    asked.set(target, (count + 1) % all.length);
    return { first: all[count] ?? questions.first, further: [] };
  };
}
