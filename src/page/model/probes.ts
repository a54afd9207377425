import type { JsonTime } from "./words.ts";

/** A recent probe with what it probed: an item of `GET /api/v1/probes`. */
export interface ListedProbe {
  readonly id: number;
  /** The name of a target, or the address of a request to `/probe`. */
  readonly target: string;
  readonly module: string;
  readonly started_at: JsonTime;
  readonly ok: boolean;
  readonly reason: string | null;
  readonly duration_seconds: number;
}

/** `GET /api/v1/probes`: the newest first. */
export interface ProbeList {
  readonly probes: readonly ListedProbe[];
}
