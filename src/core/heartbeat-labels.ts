/** Labels that the exporter or Prometheus adds to the series that have a heartbeat's own labels. */
export const RESERVED_HEARTBEAT_LABELS: ReadonlySet<string> = new Set([
  "heartbeat",
  "source",
  "kind",
  "hostname",
  "owner",
  "target",
  "module",
  "instance",
  "job",
]);

/** Reports whether `text` is a label name that all versions of Prometheus accept. */
export const isLabelName = (text: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);

/** The form of label names, in the words of error texts. */
export const LABEL_NAME_FORM = "a label name: letters, digits and _, not starting with a digit";
