import { compileRegexp } from "../regexp.ts";
import type { Expected, ExpectOptions } from "./expect-schema.ts";
import type { Complain, Expectation } from "./expectations.ts";
import { fill, newValues } from "./prompt.ts";

/** Reports expectations that no answer can meet together, as far as that can be decided. */
export function reportContradictions(
  expect: ExpectOptions,
  compiled: ReadonlyMap<Expected, Expectation>,
  complain: Complain,
): void {
  reportEquals(expect, compiled, complain);
  reportTooLong(expect, complain);
  reportForbidden(expect, complain);
}

/** Where only one text is right, everything else can be asked about it. */
function reportEquals(
  { equals }: ExpectOptions,
  compiled: ReadonlyMap<Expected, Expectation>,
  complain: Complain,
): void {
  const values = newValues();
  const only = fill(equals ?? "", values).trim();
  if (only === "") return;
  for (const [name, expectation] of compiled) {
    if (name === "equals" || name === "tool_call") continue;
    const broken = expectation({ output: only, toolCalls: [] }, values);
    if (broken !== undefined) complain(name, broken, "what the text of equals meets");
  }
}

function reportTooLong({ word, contains, max_length: longest }: ExpectOptions, complain: Complain): void {
  if (longest === undefined) return;
  const values = newValues();
  for (const [name, text] of [["word", word] as const, ["contains", contains] as const]) {
    const length = Array.from(fill(text ?? "", values).trim()).length;
    if (length > longest)
      complain("max_length", String(longest), `at least ${length}, the length of ${name}`);
  }
}

/** What an expression may ask about the text around a match. */
const CONTEXT = /[\^$]|\\[bBAz]/;

/**
 * An expression that matches in a text alone matches in every text with it, unless it asks for what is around. A word
 * may come in any case, so only an expression that ignores case rules it out.
 */
function reportForbidden(expect: ExpectOptions, complain: Complain): void {
  const { not_matches: forbidden, matches, contains, word } = expect;
  if (forbidden === undefined) return;
  if (forbidden === matches) complain("not_matches", forbidden, "another expression than that of matches");
  if (CONTEXT.test(forbidden)) return;
  const values = newValues();
  const expression = compileRegexp(fill(forbidden, values));
  const rulesOut = (text: string | undefined): boolean =>
    text !== undefined && expression.matches(fill(text, values));
  if (rulesOut(contains)) complain("not_matches", forbidden, "what the text of contains does not match");
  if (forbidden.startsWith("(?i)") && rulesOut(word))
    complain("not_matches", forbidden, "what the word of word does not match");
}
