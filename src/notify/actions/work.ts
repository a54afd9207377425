import { RE2JS } from "re2js";
import { type Action, type ActionWork, DEFAULT_ARGUMENT, NOW } from "../../core/action.ts";
import { valueOf } from "../../core/alert.ts";
import { fillPlaceholders, mapTexts, placeholdersIn, wholePlaceholder } from "../../core/placeholder.ts";
import { rfc3339, type Timestamp } from "../../core/units.ts";

/** Returns true if `pattern` matches all of `text`. Uses RE2, whose matching time is linear in the length of `text`. */
function matchesFully(pattern: string, text: string): boolean {
  return RE2JS.compile(`^(?:${pattern})$`, RE2JS.DOTALL).test(text);
}

/** Returns true if an action matches an alert with these labels. */
export const matches = ({ match }: Action, labels: Readonly<Record<string, string>>): boolean =>
  match.every(({ label, kind, value }) => {
    const found = valueOf(labels, label) ?? "";
    return kind === "equal" ? found === value : matchesFully(value, found);
  });

/** Longest argument: longer than any service name, and short enough for every program. */
const MAX_ARGUMENT_LENGTH = 1024;
/** Control characters and line separators. They occur in no name, could manipulate a terminal, or end a line of input. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/** Returns the label values that an action needs, each checked against its pattern; or the first `invalid` label. */
export function argumentsOf(
  action: Action,
  labels: Readonly<Record<string, string>>,
): { readonly values: Readonly<Record<string, string>> } | { readonly invalid: string } {
  const values: [string, string][] = [];
  for (const label of labelsIn(action.work)) {
    const value = valueOf(labels, label);
    if (value === undefined || !isArgument(value, action.patterns.get(label) ?? DEFAULT_ARGUMENT)) {
      return { invalid: label };
    }
    values.push([label, value]);
  }
  return { values: Object.fromEntries(values) };
}

/** Rejects options, path traversal and line breaks, even if the pattern allows them. */
const isArgument = (value: string, pattern: string): boolean =>
  value.length <= MAX_ARGUMENT_LENGTH &&
  !value.startsWith("-") &&
  value !== "." &&
  value !== ".." &&
  !CONTROL.test(value) &&
  value.isWellFormed() &&
  matchesFully(pattern, value);

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

/** Fills the arguments of a program. A placeholder is always a whole argument, and its value remains one argument. */
export const fillArguments = (
  argv: readonly string[],
  values: Readonly<Record<string, string>>,
): readonly string[] =>
  argv.map((argument) => {
    const label = wholePlaceholder(argument);
    return label === undefined ? argument : (values[label] ?? "");
  });

/** Fills the URL of a request. Values are escaped, so each stays within its path segment. */
export const fillAddress = (url: string, values: Readonly<Record<string, string>>): string =>
  fillPlaceholders(url, (label) => encodeURIComponent(values[label] ?? ""));

/** Fills the strings in the body of a request. Values are JSON-escaped, so each stays within its string. */
export const fillBody = (body: unknown, values: Readonly<Record<string, string>>, now: Timestamp): string =>
  JSON.stringify(
    mapTexts(body, (text) =>
      fillPlaceholders(text, (label) => (label === NOW ? rfc3339(now) : (values[label] ?? ""))),
    ),
  );
