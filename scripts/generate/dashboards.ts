import { dashboards } from "../../dashboards/source/index.ts";

/** Returns the JSON of each dashboard by path. */
export const dashboardFiles = (): Readonly<Record<string, () => string>> =>
  Object.fromEntries(
    Object.entries(dashboards).map(([name, dashboard]) => [
      `dashboards/${name}.json`,
      () => `${JSON.stringify(dashboard, null, 2)}\n`,
    ]),
  );
