import { dashboards } from "../../dashboards/source/index.ts";

/** The text of each dashboard by its path: JSON to import, to provision and to pack. */
export const dashboardFiles = (): Readonly<Record<string, () => string>> =>
  Object.fromEntries(
    Object.entries(dashboards).map(([name, dashboard]) => [
      `dashboards/${name}.json`,
      () => `${JSON.stringify(dashboard, null, 2)}\n`,
    ]),
  );
