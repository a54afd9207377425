import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { BY_NAME, type Kind, type World } from "./world.ts";

/** Something that happens to the machine for a while. */
export interface Fault {
  readonly name: string;
  begin(world: World): Promise<void>;
  end(world: World): Promise<void>;
  /** Kinds of targets that cannot be probed meanwhile. */
  readonly unwell: readonly Kind[];
  /** True if nothing can be stored meanwhile, which answers to pings have to say. */
  readonly isStoreDown: boolean;
}

const dns = (name: string, reply: "silence" | "SERVFAIL"): Fault => ({
  name,
  begin: async (world) => world.nameServerSays(reply),
  end: async (world) => world.nameServerSays(undefined),
  unwell: BY_NAME,
  isStoreDown: false,
});

const clock = (name: string, seconds: number): Fault => ({
  name,
  begin: (world) => world.shiftClock(seconds),
  end: (world) => world.shiftClock(0),
  unwell: [],
  isStoreDown: false,
});

/** Faults of disk, name server and clock, in the order in which they happen. */
export const FAULTS: readonly Fault[] = [
  {
    name: "the disk is full",
    begin: ({ disk, exporter }) => disk.fill(exporter.process.pid),
    end: ({ disk, exporter }) => disk.free(exporter.process.pid),
    unwell: [],
    isStoreDown: true,
  },
  dns("the name server is silent", "silence"),
  clock("the clock is an hour ahead", 3600),
  {
    name: "the files of the store are removed",
    begin: async ({ disk }) => {
      const files = (await readdir(disk.path)).filter((name) => name.startsWith("s.db"));
      await Promise.all(files.map((name) => rm(join(disk.path, name))));
    },
    end: async () => {},
    unwell: [],
    isStoreDown: false,
  },
  dns("the name server fails", "SERVFAIL"),
  clock("the clock is an hour behind", -3600),
];
