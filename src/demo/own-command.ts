import { isatty } from "node:tty";

type Variables = Readonly<Record<string, string | undefined>>;

/** Returns the words that start the exporter, as the person who has started it wrote them: of a clone, of `npx`, or its own name. */
export function ownCommand(env: Variables): "npm start" | "npx heartbeat-exporter" | "heartbeat-exporter" {
  if (import.meta.url.endsWith(".ts")) return "npm start";
  return isNpx(env) ? "npx heartbeat-exporter" : "heartbeat-exporter";
}

/**
 * Reports whether a person has started this process: by `npx`, or on a terminal. Services, jobs and containers have none, and the
 * first process of a container (`docker run -t`) counts as a service even with one: what they lack is a configuration, not a demonstration.
 */
export const isStartedByHand = (env: Variables): boolean =>
  isNpx(env) || (process.pid !== 1 && isatty(0) && isatty(1));

/** npm sets the variable for what `npx` or `npm exec` runs. */
const isNpx = (env: Variables): boolean => env["npm_command"] === "exec";
