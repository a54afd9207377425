import { RE2JS } from "re2js";
import { type Action, type ActionWork, DEFAULT_ARGUMENT, NOW } from "../../core/action.ts";
import { valueOf } from "../../core/alert.ts";
import { fillPlaceholders, mapTexts, placeholdersIn, wholePlaceholder } from "../../core/placeholder.ts";
import { rfc3339, type Timestamp } from "../../core/units.ts";

/** Whether all of `text` is what `pattern` describes. RE2: no text takes long. */
function isWhole(pattern: string, text: string): boolean {
  return RE2JS.compile(`^(?:${pattern})$`, RE2JS.DOTALL).test(text);
}

/** Whether an action is about an alert with these labels. */
export const matches = ({ match }: Action, labels: Readonly<Record<string, string>>): boolean =>
  match.every(({ label, kind, value }) => {
    const found = valueOf(labels, label) ?? "";
    return kind === "equal" ? found === value : isWhole(value, found);
  });

/** Longer than any name of a service, and short enough for every program. */
const LONGEST_ARGUMENT = 1024;
/** Characters that no name has: they move the cursor of whoever reads the log, or end a line for a program. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/** The values that an action needs of an alert, each held against its pattern, or the label of which it is wrong. */
export function argumentsOf(
  action: Action,
  labels: Readonly<Record<string, string>>,
): { readonly values: Readonly<Record<string, string>> } | { readonly wrong: string } {
  const values: [string, string][] = [];
  for (const label of labelsIn(action.work)) {
    const value = valueOf(labels, label);
    if (value === undefined || !isArgument(value, action.patterns.get(label) ?? DEFAULT_ARGUMENT)) {
      return { wrong: label };
    }
    values.push([label, value]);
  }
  return { values: Object.fromEntries(values) };
}

/** Whatever the pattern allows: never an option, never a way up, never more than one line. */
const isArgument = (value: string, pattern: string): boolean =>
  value.length <= LONGEST_ARGUMENT &&
  !value.startsWith("-") &&
  value !== "." &&
  value !== ".." &&
  !CONTROL.test(value) &&
  value.isWellFormed() &&
  isWhole(pattern, value);

function labelsIn(work: ActionWork): ReadonlySet<string> {
  const texts: string[] = [];
  if (work.kind === "run") texts.push(...work.argv);
  else {
    texts.push(work.url);
    mapTexts(work.body ?? {}, (text) => {
      texts.push(text);
      return text;
    });
  }
  return new Set(texts.flatMap(placeholdersIn).filter((name) => name !== NOW));
}

/** The arguments of a program: each placeholder is a whole one, and stays one. */
export const fillArguments = (
  argv: readonly string[],
  values: Readonly<Record<string, string>>,
): readonly string[] =>
  argv.map((argument) => {
    const label = wholePlaceholder(argument);
    return label === undefined ? argument : (values[label] ?? "");
  });

/** The address of a request: what is put in stays within its segment of the path. */
export const fillAddress = (url: string, values: Readonly<Record<string, string>>): string =>
  fillPlaceholders(url, (label) => encodeURIComponent(values[label] ?? ""));

/** The body of a request: what is put in stays within its text. */
export const fillBody = (body: unknown, values: Readonly<Record<string, string>>, now: Timestamp): string =>
  JSON.stringify(
    mapTexts(body, (text) =>
      fillPlaceholders(text, (label) => (label === NOW ? rfc3339(now) : (values[label] ?? ""))),
    ),
  );
