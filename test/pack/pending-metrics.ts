/**
 * Metrics that rules and dashboards use before the catalogue has them, by name, with their labels. To be emptied as
 * they come: a name that stands in both places fails a test.
 */
export const pendingMetrics: Readonly<Record<string, readonly string[]>> = {};
