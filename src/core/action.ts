import type { InboundAuth, OutboundTls } from "./relay.ts";
import type { Secret } from "./secret.ts";
import type { Seconds } from "./units.ts";

/** Default pattern for label values in an action: a name, which cannot be taken for a command-line option. */
export const DEFAULT_ARGUMENT = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";

/** The placeholder of a body that stands for the time when the action runs, in RFC 3339. */
export const NOW = "now";

/** A label that an alert must have, as in Alertmanager's matchers: regular expressions are anchored at both ends. */
export interface LabelMatcher {
  readonly label: string;
  readonly kind: "equal" | "regex";
  readonly value: string;
}

/** The work of an action: to run a program, without a shell, or to send a request. */
export type ActionWork =
  | {
      readonly kind: "run";
      /** The absolute path of the program, and its arguments. A placeholder `{{label}}` must be a whole argument. */
      readonly argv: readonly [string, ...string[]];
      readonly environment: ReadonlyMap<string, Secret>;
    }
  | {
      readonly kind: "http";
      readonly method: string;
      /** A placeholder `{{label}}` must be a whole segment of its path. */
      readonly url: string;
      readonly headers: ReadonlyMap<string, Secret>;
      /** A JSON value. Its strings may contain placeholders `{{label}}`. */
      readonly body?: unknown;
      readonly tls: OutboundTls;
      readonly unixSocket?: string;
    };

/** When the target is probed before and after the action: `auto` if a target has the name, always, or never. */
export const VERIFICATIONS = ["auto", "required", "never"] as const;
/** One of `VERIFICATIONS`. */
export type Verification = (typeof VERIFICATIONS)[number];

/** A configured reaction to an alert. */
export interface Action {
  readonly name: string;
  readonly auth: InboundAuth;
  readonly match: readonly LabelMatcher[];
  /** The label that names the subject of the alert. Attempts are counted per value of it. */
  readonly targetLabel: string;
  readonly work: ActionWork;
  /** Patterns for the values of labels, anchored RE2; `DEFAULT_ARGUMENT` for labels without one. */
  readonly patterns: ReadonlyMap<string, string>;
  readonly maxAttempts: number;
  /** Shortest time from the end of an attempt to the next. */
  readonly cooldown: Seconds;
  /** Time without the alert after which the count of attempts is reset. */
  readonly resetAfter: Seconds;
  /** Time that the target gets to recover before it is probed again. */
  readonly settle: Seconds;
  readonly timeout: Seconds;
  readonly verify: Verification;
  /** Only logs the work. */
  readonly dryRun: boolean;
}

/** The configuration of actions. */
export interface ActionSetup {
  readonly actions: readonly Action[];
  /** Most attempts of all actions together in an hour. Further ones are refused. */
  readonly perHour: number;
}
