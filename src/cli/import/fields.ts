import { CommandError } from "../shell.ts";
import type { Path, Source } from "./source.ts";

/** Collects what could not be imported, each once, with its place. */
export interface Notes {
  add(path: Path, text: string): void;
  /** Adds a note about another file. */
  general(text: string): void;
  list(): readonly string[];
}

/** Creates notes about a file. */
export function createNotes({ place }: Pick<Source, "place">): Notes {
  const notes = new Set<string>();
  return {
    add: (path, text) => void notes.add(`${place(path)}: ${text}`),
    general: (text) => void notes.add(text),
    list: () => [...notes].toSorted((a, b) => lineIn(a) - lineIn(b)),
  };
}

/** Returns the line and column in a note as one number. */
function lineIn(note: string): number {
  const [, line = "0", column = "0"] = /:(\d+):(\d+)/.exec(note) ?? [];
  return Number(line) * 1e6 + Number(column);
}

/**
 * The keys of a map in a file. Each is taken by the code that imports it, and `end` notes those that are left, so that nothing
 * is dropped silently. A wrong type throws a CommandError with the place.
 */
export interface Fields {
  readonly path: Path;
  text(key: string): string | undefined;
  /** Like `text`; throws if there is none. */
  required(key: string): string;
  number(key: string): number | undefined;
  flag(key: string): boolean | undefined;
  texts(key: string): readonly string[];
  /** Returns the map under a key. Its own `end` is to be called. */
  map(key: string): Fields | undefined;
  maps(key: string): readonly Fields[];
  /** Takes all keys. */
  all(): Readonly<Record<string, unknown>>;
  /** Takes a key of any type. */
  any(key: string): unknown;
  /** Takes keys that are not settings: numbers of rows, states of the past. */
  ignore(...keys: readonly string[]): void;
  /** Notes why the setting under `key` is not imported, unless it is empty or has a value of `defaults`. */
  omit(key: string, why: string, ...defaults: readonly unknown[]): void;
  /** Adds a note about the map, or about one of its keys. */
  note(text: string, key?: string): void;
  /** Notes every key that was not taken and is not empty. */
  end(): void;
}

/** Reads a map. */
export function fieldsOf(value: unknown, path: Path, source: Source, notes: Notes): Fields {
  const wrong = (at: Path, got: unknown, want: string): CommandError =>
    new CommandError(`${source.place(at)}: got ${typeOf(got)}, want ${want}`, "usage");
  if (!isMap(value)) throw wrong(path, value, "a map");
  const left = new Set(Object.keys(value));
  const take = (key: string): unknown => {
    left.delete(key);
    return value[key] ?? undefined;
  };
  const typed = <T>(key: string, is: (one: unknown) => one is T, want: string): T | undefined => {
    const found = take(key);
    if (found === undefined || is(found)) return found;
    throw wrong([...path, key], found, want);
  };
  const list = (key: string): readonly unknown[] => typed(key, isList, "a list") ?? [];
  const inner = (one: unknown, ...steps: Path): Fields => fieldsOf(one, [...path, ...steps], source, notes);
  return {
    path,
    text: (key) => typed(key, isText, "text"),
    required(key) {
      const found = typed(key, isText, "text");
      if (found !== undefined && found !== "") return found;
      throw new CommandError(`${source.place(path)}: got no ${key}, want text`, "usage");
    },
    number: (key) => typed(key, isNumber, "a number"),
    flag: (key) => typed(key, isFlag, "true or false"),
    texts: (key) =>
      list(key).map((one, i) => {
        if (isText(one) || isNumber(one)) return String(one);
        throw wrong([...path, key, i], one, "text");
      }),
    map(key) {
      const found = take(key);
      return found === undefined ? undefined : inner(found, key);
    },
    maps: (key) => list(key).map((one, i) => inner(one, key, i)),
    all() {
      left.clear();
      return value;
    },
    any: take,
    ignore: (...keys) => keys.forEach(take),
    omit(key, why, ...defaults) {
      const found = take(key);
      if (!isEmpty(found) && !defaults.includes(found)) notes.add([...path, key], `not imported: ${why}`);
    },
    note: (text, key) => notes.add(key === undefined ? path : [...path, key], text),
    end() {
      for (const key of left) {
        if (!isEmpty(value[key])) notes.add([...path, key], "not imported: the exporter has no such setting");
      }
    },
  };
}

type Values = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string";
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** Returns true for a value that sets nothing. */
const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  value === false ||
  (typeof value === "object" && Object.keys(value).length === 0);

const typeOf = (value: unknown): string =>
  isList(value) ? "a list" : isMap(value) ? "a map" : value === undefined ? "nothing" : typeof value;
