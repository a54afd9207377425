import { parseDuration, type Seconds } from "../../core/units.ts";
import type { Environment } from "../document/convert.ts";
import type { Path } from "../document/tree.ts";
import { TARGET_PATH, VARIABLES, type Variable } from "./variables.ts";

/** The timeout and the interval of the environment: one that is not set follows the other, so that both can be used. */
export interface Timing {
  /** The texts that replace the defaults of variables that are not set. */
  readonly defaults: ReadonlyMap<string, string>;
  /** The adjustment, for the log, at the value that caused it. */
  readonly warning?: { readonly path: Path; readonly text: string };
  /** The contradiction of two variables that are both set. */
  readonly problem?: {
    readonly variable: string;
    readonly path: Path;
    readonly got: string;
    readonly want: string;
  };
}

const variableOf = (wanted: string): Variable & { readonly fallback: string } => {
  const variable = VARIABLES.find(({ name }) => name === wanted);
  if (variable?.fallback === undefined) throw new Error(`${wanted} is no variable with a default`);
  return { ...variable, fallback: variable.fallback };
};

const TIMEOUT = variableOf("HEARTBEAT_TIMEOUT");
const INTERVAL = variableOf("HEARTBEAT_CHECK_INTERVAL");

/** Reads both variables. Values that are no durations are left to the schema. */
export function timingOf(env: Environment): Timing {
  const timeout = valueOf(TIMEOUT, env);
  const interval = valueOf(INTERVAL, env);
  if (timeout === undefined || interval === undefined || timeout.length <= interval.length)
    return { defaults: new Map() };
  if (timeout.isSet && interval.isSet) {
    const want = `at least ${timeout.text}, the value of ${TIMEOUT.name}`;
    return {
      defaults: new Map(),
      problem: { variable: INTERVAL.name, path: TARGET_PATH, got: interval.text, want },
    };
  }
  return timeout.isSet
    ? adjusted(INTERVAL, timeout.text, {
        path: TIMEOUT.path,
        text: `${timeout.text} is longer than the default interval of ${interval.text}, so the interval is ${timeout.text} too (${INTERVAL.name})`,
      })
    : adjusted(TIMEOUT, interval.text, {
        path: INTERVAL.path,
        text: `${interval.text} is shorter than the default timeout of ${timeout.text}, so the timeout is ${interval.text} too (${TIMEOUT.name})`,
      });
}

const adjusted = ({ name }: Variable, text: string, warning: Timing["warning"] & object): Timing => ({
  defaults: new Map([[name, text]]),
  warning,
});

/** A duration as written, and its length. */
interface Value {
  readonly text: string;
  readonly length: Seconds;
  readonly isSet: boolean;
}

function valueOf({ name, fallback }: typeof TIMEOUT, env: Environment): Value | undefined {
  const set = env[name]?.trim() ?? "";
  const text = set === "" ? fallback : set;
  const length = parseDuration(text);
  return length === undefined || length <= 0 ? undefined : { text, length, isSet: set !== "" };
}
