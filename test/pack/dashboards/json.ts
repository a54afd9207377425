import type { VariableJson as Variable } from "../queries.ts";

/** The parts of a dashboard's JSON that rules are about. */
export interface DashboardJson {
  readonly uid: string;
  readonly editable: boolean;
  readonly templating: { readonly list: readonly VariableJson[] };
  readonly annotations: { readonly list: readonly AnnotationJson[] };
}

interface VariableJson extends Variable {
  readonly current?: { readonly text: unknown; readonly value: unknown };
}

interface AnnotationJson {
  readonly name: string;
  readonly expr: string;
  readonly useValueForTime?: boolean;
}

/** A panel. */
export interface PanelJson {
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly interval?: string;
  readonly options?: {
    readonly perPage?: unknown;
    readonly textMode?: string;
    readonly text?: { readonly titleSize?: number; readonly valueSize?: number };
    readonly yAxis?: { readonly unit?: string };
    readonly cellValues?: { readonly unit?: string };
    readonly legend?: { readonly displayMode?: string; readonly placement?: string };
  };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly legendFormat: string;
    readonly range?: boolean;
    readonly datasource?: { readonly uid: string };
  }[];
  readonly transformations?: readonly {
    readonly options: {
      readonly renameByName?: Readonly<Record<string, string>>;
      readonly excludeByName?: Readonly<Record<string, boolean>>;
    };
  }[];
  readonly fieldConfig: {
    readonly defaults: FieldJson;
    readonly overrides: readonly {
      readonly matcher: { readonly options: string };
      readonly properties: readonly { readonly id: string; readonly value: unknown }[];
    }[];
  };
}

/** The configuration of values: of a panel, or in an override. */
export interface FieldJson {
  readonly unit?: string;
  readonly noValue?: string;
  readonly mappings?: readonly MappingJson[];
  readonly links?: readonly { readonly title: string; readonly url: string }[];
  readonly thresholds?: {
    readonly steps: readonly { readonly value: number | null; readonly color: string }[];
  };
  readonly color?: { readonly mode?: string };
  readonly custom?: { readonly spanNulls?: unknown; readonly drawStyle?: string };
  readonly "custom.width"?: number;
}

/** A mapping of values to texts and colors. */
export type MappingJson =
  | { readonly type: "special"; readonly options: { readonly match: string; readonly result: MappedJson } }
  | { readonly type: "value"; readonly options: Readonly<Record<string, MappedJson>> };

/** The text and color that a value is mapped to. */
export interface MappedJson {
  readonly text: string;
  readonly color: string;
}
