import { DURATION_FORM, parseDuration, type Seconds } from "../../core/units.ts";
import type { BuildContext } from "../context.ts";
import type { Environment } from "../document/convert.ts";
import type { VariableHelp } from "./variables.ts";

/** Variables about heartbeats. They apply with and without a file; options of the file take precedence. */
export const MACHINE_VARIABLES = [
  {
    name: "MACHINE_OFFLINE_THRESHOLD",
    fallback: "2m",
    meaning: "Timeout of heartbeats that have none of their own.",
  },
  {
    name: "MACHINE_HEARTBEAT_CHECK_INTERVAL",
    meaning:
      "Interval at which heartbeats that went offline are announced. Without it they are announced at once; status and metrics are exact in either case.",
  },
] as const satisfies readonly VariableHelp[];

/** Timeout of heartbeats without one in the file or the environment. */
export const DEFAULT_TIMEOUT = MACHINE_VARIABLES[0].fallback;

/** Returns true if one of the variables is set. */
export const hasMachineVariables = (env: Environment): boolean =>
  MACHINE_VARIABLES.some(({ name }) => (env[name]?.trim() ?? "") !== "");

/** Reads a variable, and reports a value that is not a duration above 0. */
export function machineVariable(
  name: (typeof MACHINE_VARIABLES)[number]["name"],
  { environment, problems }: BuildContext,
): Seconds | undefined {
  const text = environment[name]?.trim() ?? "";
  if (text === "") return undefined;
  const length = parseDuration(text);
  if (length !== undefined && length > 0) return length;
  const want = length === undefined ? DURATION_FORM : "> 0";
  problems.addVariable(name, JSON.stringify(text), want);
  return undefined;
}
