import { cp, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Something that happens to the files of a store. */
export interface Fault {
  readonly title: string;
  readonly inflict: (path: string) => Promise<void>;
}

/** Faults of files that may be there or not. */
export const FAULTS: readonly [Fault, ...Fault[]] = [
  { title: "folder removed", inflict: (path) => rm(dirname(path), { recursive: true, force: true }) },
  { title: "folder moved away", inflict: (path) => moveAway(dirname(path)) },
  { title: "file removed", inflict: (path) => rm(path, { force: true }) },
  { title: "log removed", inflict: (path) => rm(`${path}-wal`, { force: true }) },
  { title: "index removed", inflict: (path) => rm(`${path}-shm`, { force: true }) },
  { title: "lock removed", inflict: (path) => rm(`${path}-lock`, { force: true }) },
  { title: "log emptied", inflict: (path) => cut(`${path}-wal`, 0) },
  { title: "log cut", inflict: (path) => cut(`${path}-wal`, 0.5) },
  { title: "file emptied", inflict: (path) => cut(path, 0) },
  { title: "file cut", inflict: (path) => cut(path, 0.5) },
  {
    title: "file replaced by a text",
    inflict: async (path) => {
      await writeFile(`${dirname(path)}/new`, "a text, and no database ".repeat(500));
      await rename(`${dirname(path)}/new`, path);
    },
  },
  {
    title: "file replaced by a copy without its log",
    inflict: async (path) => {
      await cp(path, `${dirname(path)}/new`);
      await rename(`${dirname(path)}/new`, path);
      await rm(`${path}-wal`, { force: true });
    },
  },
];

/** Lines by which the exporter says that a store is not what it was. */
export const SAID =
  /the store is new|what was written in between is lost|it was moved aside and a new one created|damaged values of the store/;

async function moveAway(folder: string): Promise<void> {
  await rm(`${folder}.away`, { recursive: true, force: true });
  await rename(folder, `${folder}.away`);
}

async function cut(file: string, share: number): Promise<void> {
  const size = await stat(file).then(
    (found) => found.size,
    () => undefined,
  );
  if (size !== undefined) await truncate(file, Math.floor(size * share));
}
