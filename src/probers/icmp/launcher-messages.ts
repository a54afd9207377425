/** Starts `ping`. */
export interface StartMessage {
  readonly kind: "start";
  /** Identity of the run, not used before. */
  readonly id: number;
  readonly args: readonly string[];
  /** The folders in which the program is looked for. */
  readonly path: string;
}

/** Ends a run, or drops it if it has not begun. Its reply comes in either case. */
export interface StopMessage {
  readonly kind: "stop";
  readonly id: number;
}

/** A message to the launcher. */
export type LauncherMessage = StartMessage | StopMessage;

/** The end of a process. */
export type PingEnd =
  | { readonly kind: "exited"; readonly code: number | null; readonly signal: string | null }
  /** It could not be started: `code` as in `errno`. */
  | { readonly kind: "failed"; readonly code: string; readonly message: string }
  /** It was dropped before it was started. */
  | { readonly kind: "dropped" };

/** A reply of the launcher, one for each run. */
export interface LauncherReply {
  readonly id: number;
  readonly end: PingEnd;
  readonly stdout: string;
  readonly stderr: string;
  /** Time that starting the process took, in seconds. */
  readonly starting: number;
}
