import type { Incident, IncidentList } from "../model/incident.ts";
import type { OperationsPage } from "../model/operations.ts";
import type { Overview } from "../model/overview.ts";
import type { ProbeList } from "../model/probes.ts";
import type { PublicView } from "../model/public-view.ts";
import type { SubjectPage } from "../model/subject.ts";

/** A page with its data: what the server renders and the browser continues from. */
export type View =
  | { readonly kind: "overview"; readonly data: Overview; readonly search: string }
  | { readonly kind: "subject"; readonly data: SubjectPage }
  | { readonly kind: "incidents"; readonly data: IncidentList; readonly search: string }
  | { readonly kind: "incident"; readonly data: Incident; readonly at: string }
  | { readonly kind: "operations"; readonly data: OperationsPage }
  | { readonly kind: "probes"; readonly data: ProbeList; readonly at: string }
  | { readonly kind: "missing"; readonly text: string; readonly at: string }
  | { readonly kind: "public"; readonly data: PublicView; readonly at: string; readonly embed: boolean };

/** Facts about the exporter that every page needs. */
export interface Site {
  /** The route prefix. */
  readonly base: string;
  readonly version: string;
  /** False without a control token in the configuration. */
  readonly canControl: boolean;
  /** The setting that turns controls on, such as `control.token_file in the configuration`. */
  readonly controlSetting: string;
}

/** Returns when the data of a view was true. */
export function timeOf(view: View): string {
  switch (view.kind) {
    case "overview":
    case "subject":
    case "incidents":
    case "operations":
      return view.data.generated_at;
    case "incident":
    case "probes":
    case "missing":
    case "public":
      return view.at;
  }
}
