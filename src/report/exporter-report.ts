import type { Seconds } from "../core/units.ts";
import type { Objectives } from "./build.ts";
import type { Dashboard } from "./dashboard.ts";
import type { Report } from "./document.ts";

/** Reports on the targets of a running exporter. */
export interface Reporting {
  /** Reports on a window of this length that ends now. Rejects if the history cannot be read. */
  readonly report: (length: Seconds, objectives: Objectives) => Promise<Report>;
  /** Reports the present state, with uptime over the last 24 hours. */
  readonly dashboard: () => Promise<Dashboard>;
}
