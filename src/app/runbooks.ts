import { listResources, readResource } from "../resources/files.ts";
import type { Runbooks } from "../server/route-context.ts";

/** The folder of the runbooks. */
const FOLDER = new URL("../../docs/runbooks/", import.meta.url);

/** Opens the runbooks of the package. A text is read when it is asked for, and only that of a name in the list. */
export function openRunbooks(folder = FOLDER): Runbooks {
  let listed: Promise<readonly string[]> | undefined;
  const list = async (): Promise<readonly string[]> => {
    const files = await listResources(folder);
    return files.flatMap((file) => /^(\w+)\.md$/.exec(file)?.[1] ?? []);
  };
  const names: Runbooks["names"] = () => {
    listed ??= list().catch((error: unknown) => {
      listed = undefined;
      throw error;
    });
    return listed;
  };
  return {
    names,
    async text(name) {
      if (!(await names()).includes(name)) return undefined;
      return (await readResource(new URL(`${name}.md`, folder))).toString();
    },
  };
}
