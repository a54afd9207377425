import type { InboundAuth, OutboundTls } from "./relay.ts";
import type { Secret } from "./secret.ts";
import type { Seconds } from "./units.ts";

/** What the value of a label has to be to stand in an action, where the action does not say it: a name, and no option. */
export const DEFAULT_ARGUMENT = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";

/** What a body may name besides labels: when the action runs, RFC 3339. */
export const NOW = "now";

/** A label that an alert must have, as in Alertmanager's matchers: expressions are anchored at both ends. */
export interface LabelMatcher {
  readonly label: string;
  readonly kind: "equal" | "regex";
  readonly value: string;
}

/** What an action does: run a program, without any shell, or send a request. */
export type ActionWork =
  | {
      readonly kind: "run";
      /** The program by its whole path, and its arguments; `{{label}}` stands only as a whole argument. */
      readonly argv: readonly [string, ...string[]];
      readonly environment: ReadonlyMap<string, Secret>;
    }
  | {
      readonly kind: "http";
      readonly method: string;
      /** `{{label}}` stands only as a whole segment of its path. */
      readonly url: string;
      readonly headers: ReadonlyMap<string, Secret>;
      /** A value of JSON; `{{label}}` may stand in its texts. */
      readonly body?: unknown;
      readonly tls: OutboundTls;
      readonly unixSocket?: string;
    };

/** Whether the target is probed before and after: where there is a target of that name, always, or never. */
export const VERIFICATIONS = ["auto", "required", "never"] as const;
export type Verification = (typeof VERIFICATIONS)[number];

/** Something that is done about an alert. */
export interface Action {
  readonly name: string;
  readonly auth: InboundAuth;
  readonly match: readonly LabelMatcher[];
  /** The label that names what the alert is about; attempts are counted by its value. */
  readonly targetLabel: string;
  readonly work: ActionWork;
  /** What the values of labels must be, anchored RE2, where it is not the usual. */
  readonly patterns: ReadonlyMap<string, string>;
  readonly maxAttempts: number;
  /** From the end of an attempt to the next. */
  readonly cooldown: Seconds;
  /** For how long the alert must have been away until attempts are counted anew. */
  readonly resetAfter: Seconds;
  /** What is left to the target until it is probed again. */
  readonly settle: Seconds;
  readonly timeout: Seconds;
  readonly verify: Verification;
  /** Says what it would do. */
  readonly dryRun: boolean;
}

/** All that is configured about actions. */
export interface ActionSetup {
  readonly actions: readonly Action[];
  /** All actions together; what is beyond is refused. */
  readonly perHour: number;
}
