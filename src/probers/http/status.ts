/** Whether a status code is accepted, and how to say what is. */
export interface StatusRule {
  readonly text: string;
  accepts(code: number): boolean;
}

/** What an entry of `valid_status_codes` may be, for messages. */
export const STATUS_FORM = "a status code, a class such as 2xx, a range such as 200-399, or any";

const SUCCESS: StatusRule = { text: "2xx", accepts: (code) => code >= 200 && code < 300 };

/**
 * Compiles `valid_status_codes`: codes, classes, ranges and `any`; an empty list is 2xx.
 * @param refuse is told the index of each entry that is none of these
 */
export function compileStatusRule(
  entries: readonly (number | string)[],
  refuse: (index: number, got: string) => void,
): StatusRule {
  if (entries.length === 0) return SUCCESS;
  const ranges = entries.map((entry, i) => {
    const range = parseRange(String(entry));
    if (range === undefined) refuse(i, String(entry));
    return range ?? ([0, -1] as const);
  });
  return {
    text: entries.join(", "),
    accepts: (code) => ranges.some(([first, last]) => code >= first && code <= last),
  };
}

function parseRange(text: string): readonly [first: number, last: number] | undefined {
  if (text === "any") return [0, Number.POSITIVE_INFINITY];
  const family = /^([1-9])[xX]{2}$/.exec(text);
  if (family !== null) return [Number(family[1]) * 100, Number(family[1]) * 100 + 99];
  const range = /^(\d{1,3})(?:\s*-\s*(\d{1,3}))?$/.exec(text);
  if (range === null) return undefined;
  const first = Number(range[1]);
  const last = range[2] === undefined ? first : Number(range[2]);
  return first <= last ? [first, last] : undefined;
}
