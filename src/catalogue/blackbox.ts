import { counter, gauge, type MetricTraits } from "../core/metric.ts";

const COMPATIBLE: MetricTraits = { when: "with `--compat.blackbox-metrics`", keptFor: "has to be asked for" };

/** Metrics that blackbox_exporter has about itself, for dashboards and rules that read them. Names and labels are those of 0.28. */
export const blackboxMetrics = {
  blackboxBuildInfo: gauge(
    "blackbox_exporter_build_info",
    "Version of this exporter, with the labels of blackbox_exporter; the value is always 1",
    ["version", "revision", "branch", "tags", "goversion", "goos", "goarch"],
    COMPATIBLE,
  ),
  blackboxReloadSuccessful: gauge(
    "blackbox_exporter_config_last_reload_successful",
    "1 if the last attempt to load the configuration succeeded, 0 if it failed",
    [],
    COMPATIBLE,
  ),
  blackboxReloadTimestamp: gauge(
    "blackbox_exporter_config_last_reload_success_timestamp_seconds",
    "Time of the last successful attempt to load the configuration, as a Unix timestamp",
    [],
    COMPATIBLE,
  ),
  blackboxUnknownModules: counter(
    "blackbox_module_unknown_total",
    "Requests to /probe that named no known module, since the start of the exporter",
    [],
    COMPATIBLE,
  ),
};
