/**
 * Puts small faults into the code, one at a time, and looks whether the tests of the same folder see them: `npm run
 * check:mutants`. The places are those where a fault that no test sees does the most harm: machines, guards, limits,
 * redaction and rules (scripts/mutants/places.ts). Prints the share that is seen for each place, and each fault that is not
 * seen; exits with 1 if a share is below 90 %.
 *
 * Works in a copy of the tree in a temporary folder, with changes that are not committed. Faults are taken in an order that
 * depends on the seed alone, in turns from each place, until none is left or the time is over: the same seed with more time
 * looks at the same faults and more.
 *
 *   --minutes N   time for all; default: 60
 *   --seed N      default: 1
 *   --place TEXT  only places whose names contain it
 *   --file TEXT   only files whose paths contain it
 *   --workers N   copies of the tree that work at the same time; default: one for two cores
 *   --list        prints the faults instead of looking for them
 *
 * StrykerJS would do the same for TypeScript, but not for rules, and it runs with coverage of the whole suite, whose tests
 * start programs.
 */

import { globSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, matchesGlob } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { mutateCode } from "./mutants/code.ts";
import { EQUIVALENT, fits } from "./mutants/equivalent.ts";
import { apply, describe, type Mutant } from "./mutants/mutant.ts";
import { inTurns, shuffled } from "./mutants/order.ts";
import { PLACES, type Place } from "./mutants/places.ts";
import { mutateRules } from "./mutants/rules.ts";
import { type Sign, signOf, type Tests, testsOf, testsOfRules } from "./mutants/tests.ts";
import { copyTree } from "./mutants/working-copy.ts";

/** Share of the faults of each place that has to be seen. */
const WANTED = 0.9;

const root = fileURLToPath(new URL("..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    place: { type: "string", default: "" },
    file: { type: "string", default: "" },
    workers: { type: "string", default: String(Math.max(1, Math.floor(availableParallelism() / 2))) },
    list: { type: "boolean", default: false },
  },
});

/** A fault to look for, and what it belongs to. */
interface Task {
  readonly place: Place;
  readonly mutant: Mutant;
}

const read = (file: string): string => readFileSync(join(root, file), "utf8");
const isRules = (file: string): boolean => file.endsWith(".yml");

const usedEntries = new Set<object>();
function tasksOf(place: Place): Task[] {
  const mutants = place.files
    .flatMap((pattern) => globSync(pattern, { cwd: root }).toSorted())
    .filter((file) => file.includes(options.file))
    .flatMap((file) => {
      const text = read(file);
      return (isRules(file) ? mutateRules(file, text) : mutateCode(file, text)).filter((mutant) => {
        const entry = EQUIVALENT.find((one) => fits(one, mutant, text));
        if (entry !== undefined) usedEntries.add(entry);
        return entry === undefined;
      });
    });
  return shuffled(mutants, Number(options.seed)).map((mutant) => ({ place, mutant }));
}

const wanted = PLACES.filter(({ name }) => name.includes(options.place));
const tasks = inTurns(wanted.map(tasksOf));
if (tasks.length === 0) throw new Error("no place has this name, or no file");
const stale = EQUIVALENT.filter(
  (entry) =>
    !usedEntries.has(entry) &&
    wanted.some(({ files }) => files.some((glob) => matchesGlob(entry.file, glob))),
);
if (options.file === "" && stale.length > 0) {
  throw new Error(`scripts/mutants/equivalent.ts: no fault fits ${JSON.stringify(stale)}`);
}
const lineOf = ({ mutant }: Task): string => `${mutant.file}:${mutant.line}: ${describe(mutant)}`;
if (options.list) {
  const list = tasks.map((task) => `${lineOf(task)}\n`).join("");
  // A pipe takes it piece by piece.
  await new Promise((resolve) => process.stdout.write(list, resolve));
  process.exit();
}

const interrupted = new AbortController();
process.once("SIGINT", () => {
  interrupted.abort();
  console.error("ends after the faults in work; a second interrupt ends at once");
});

const begin = performance.now();
const minutes = (): number => (performance.now() - begin) / 60_000;
const results: { readonly task: Task; readonly sign: Sign | undefined }[] = [];
let next = 0;

/** Takes faults until none is left or the time is over, in a copy of its own. */
async function work(): Promise<void> {
  using copy = copyTree(root);
  const known = new Map<string, Promise<Tests>>();
  while (!interrupted.signal.aborted && minutes() < Number(options.minutes)) {
    const task = tasks[next++];
    if (task === undefined) return;
    const { place, mutant } = task;
    const key = isRules(mutant.file) ? mutant.file : place.name;
    const tests = await (known.get(key) ??
      (isRules(mutant.file)
        ? Promise.resolve(testsOfRules(mutant.file, copy.folder))
        : testsOf(place, copy.folder)));
    known.set(key, Promise.resolve(tests));
    const path = join(copy.folder, mutant.file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, apply(text, mutant));
    const sign = await signOf(tests, copy.folder);
    writeFileSync(path, text);
    results.push({ task, sign });
    const count = `${results.length}/${tasks.length}, ${minutes().toFixed(1)} min`;
    console.error(`${count}: ${sign === undefined ? "NOT SEEN" : `seen, ${sign}`}: ${lineOf(task)}`);
  }
}

await Promise.all(Array.from({ length: Number(options.workers) }, work));

for (const place of wanted) {
  const own = results.filter(({ task }) => task.place === place);
  const missed = own.filter(({ sign }) => sign === undefined);
  const late = own.filter(({ sign }) => sign === "takes too long");
  const share = own.length === 0 ? 0 : 1 - missed.length / own.length;
  const all = tasks.filter((task) => task.place === place).length;
  console.log(
    `${place.name}: ${own.length} of ${all} faults tried, ${own.length - missed.length} seen, ${Math.floor(share * 100)} %`,
  );
  // Endless loops, unless the machine is busy.
  if (late.length > 0) console.log(`  ${late.length} of them seen by tests that took too long`);
  for (const { task } of missed) console.log(`  not seen: ${lineOf(task)}`);
  if (share < WANTED) process.exitCode = 1;
}
