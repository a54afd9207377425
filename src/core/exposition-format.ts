/** A text format of metrics. */
export interface ExpositionFormat {
  /** `text` is Prometheus' own format, version 0.0.4; `openmetrics` is OpenMetrics 1.0. */
  readonly kind: "text" | "openmetrics";
  /** True if counters and histograms tell when they began. Only OpenMetrics can, with one more series each. */
  readonly created: boolean;
}

/** The format of clients that ask for none. */
export const TEXT_FORMAT: ExpositionFormat = { kind: "text", created: false };
