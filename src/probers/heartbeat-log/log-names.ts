/** The name of a log file, taken apart. */
export interface LogName {
  /** The name without its dates: the same for all files of a log whose name holds the date. */
  readonly stem: string;
  /** The name with `*` in place of its dates. */
  readonly pattern: string;
  /** Dates and numbers after them, by which files with the same stem are ordered; empty without a date. */
  readonly order: readonly number[];
  readonly isDated: boolean;
}

const YEAR = String.raw`(?:19|20)\d\d`;
const MONTH = "(?:0[1-9]|1[0-2])";
const DAY = String.raw`(?:0[1-9]|[12]\d|3[01])`;

/** A time of day or a number after a date: 2026-11-29T13-45, 20261129-1700000000, 2026-11-29.1, 20261129_001. */
const NUMBERS = String.raw`(?:[-_.T]?\d{1,10})*Z?`;

/** Dates in names of files: year first, day or month first, or only year and month. */
const DATE = new RegExp(
  [
    String.raw`(?<!\d)(?<ymd>${YEAR}([-_./]?)${MONTH}\2${DAY})(?<rest>${NUMBERS})`,
    String.raw`(?<!\d)\d\d([-_.])\d\d\4${YEAR}${NUMBERS}(?!\d)`,
    String.raw`(?<!\d)(?<ym>${YEAR}[-_]${MONTH})(?!\d)`,
  ].join("|"),
  "g",
);

/**
 * Takes the name of a file, possibly with folders, apart.
 * @param from length of the beginning whose dates do not matter, because it is the same in all names
 */
export function parseLogName(name: string, from = 0): LogName {
  const order: number[] = [];
  let isDated = false;
  const pattern = name.replaceAll(DATE, (match, ...args: readonly unknown[]) => {
    const { ymd, ym, rest = "" } = args.at(-1) as Readonly<Record<string, string | undefined>>;
    const offset = Number(args.at(-3));
    if (offset + match.length <= from) return match;
    isDated = true;
    // A date may begin with its day or its month, so only the modification time orders such files.
    const date = ymd ?? ym;
    if (date !== undefined)
      order.push(Number(date.replaceAll(/\D/g, "")), ...(rest.match(/\d+/g) ?? []).map(Number));
    return "*";
  });
  return { stem: pattern.replaceAll(/[-_.]?\*/g, ""), pattern, order, isDated };
}

/** Compares the orders of two names: negative if `a` is older. */
export function compareOrders(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const difference = (a[i] ?? -1) - (b[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

const COMPRESSED = /\.(gz|bz2|xz|zst|lz4|Z)$/;

/** Returns true if a name ends like that of a compressed file. */
export const isCompressedName = (name: string): boolean => COMPRESSED.test(name);

/** Returns the name before the number that a rotation has appended: app.log for app.log.1. */
export const beforeNumber = (name: string): string | undefined => /^(.*[^/])\.\d{1,4}$/.exec(name)?.[1];

/** The suffix of a rotated file: a number or a date, such as `.1`, `-20260101` or `.2026-01-01-10`. */
const SUFFIX = /^[.-]\d[\d._T:-]*$/;

/**
 * Returns how surely `name` is that of a rotated, possibly compressed `base`: for app.log, `app.log.1` and
 * `app-20260101.log.gz` are `sure`. `app-1.log` is `possible`, but may be the log of another worker.
 */
export function rotationOf(base: string, name: string): "sure" | "possible" | undefined {
  const plain = name.replace(COMPRESSED, "");
  if (plain === base) return name === base ? undefined : "sure";
  const dot = base.lastIndexOf(".");
  const [stem, extension] = dot <= 0 ? [base, ""] : [base.slice(0, dot), base.slice(dot)];
  const inside = plain.slice(stem.length, plain.length - extension.length);
  if (plain.startsWith(base) && SUFFIX.test(plain.slice(base.length)))
    return beforeNumber(plain) === base || parseLogName(plain).isDated ? "sure" : "possible";
  const isInside = extension !== "" && plain.startsWith(stem) && plain.endsWith(extension);
  if (!isInside || !SUFFIX.test(inside)) return undefined;
  return parseLogName(plain).isDated ? "sure" : "possible";
}

/** The log of a container in the layout of the kubelet: pods/NAMESPACE_POD_UID/CONTAINER/0.log. */
const CONTAINER_LOG = /^(.*\/pods\/[^/]+_[^/]+_[^/]+\/[^/]+\/)(\d+)\.log$/;

/** Returns the folder of a container and the number of its starts before this log, if `path` is such a log. */
export function containerLog(
  path: string,
): { readonly folder: string; readonly restarts: number } | undefined {
  const match = CONTAINER_LOG.exec(path);
  return match === null ? undefined : { folder: match[1] ?? "", restarts: Number(match[2]) };
}

/** The log of any start of a container, possibly rotated: 0.log, 0.log.20261129-134500.gz. */
export const isContainerLogName = (name: string): boolean => /^\d+\.log(\.\d[\d-]*)?(\.gz)?$/.test(name);

/** The identity of a container in the name of a link to its log, as in /var/log/containers. */
const CONTAINER_ID = /-[0-9a-f]{64}(?=\.log$)/;

/** Returns the name with `*` in place of the identity of a container, if it has one. */
export const withoutContainerId = (name: string): string | undefined =>
  CONTAINER_ID.test(name) ? name.replace(CONTAINER_ID, "-*") : undefined;
