import { expect, test } from "vitest";
import { compileRules } from "../../../src/probers/dns/rules.ts";
import type { ResourceRecord } from "../../../src/probers/dns/wire/records.ts";

const recordOf = (text: string): ResourceRecord => ({ name: "", type: 0, class: 0, ttl: 0, words: [], text });

const A = "a.\t60\tIN\tA\t127.0.0.1";
const B = "a.\t60\tIN\tA\t127.0.0.2";

test.each([
  [{}, [], undefined],
  [{ fail_if_matches_regexp: ["x"] }, [], undefined],
  [{ fail_if_matches_regexp: ["x", "0\\.2$"] }, [A, B], "a.\\t60\\tIN\\tA\\t127.0.0.2 matches 0\\.2$"],
  [{ fail_if_matches_regexp: ["^b"] }, [A, B], undefined],
  [{ fail_if_not_matches_regexp: ["^a"] }, [], "no record to match ^a"],
  [{ fail_if_not_matches_regexp: ["^a", "1$"] }, [A, B], "a.\\t60\\tIN\\tA\\t127.0.0.2 does not match 1$"],
  [{ fail_if_not_matches_regexp: ["^a", "\\tA\\t"] }, [A, B], undefined],
  [{ fail_if_none_matches_regexp: ["2$"] }, [], "no record to match 2$"],
  [{ fail_if_none_matches_regexp: ["3$", "2$"] }, [A, B], undefined],
  [{ fail_if_none_matches_regexp: ["3$", "4$"] }, [A, B], "none of 2 records matches 3$ or 4$"],
  [{ fail_if_all_match_regexp: ["^a"] }, [], undefined],
  [{ fail_if_all_match_regexp: ["^a"] }, [A, B], undefined],
  [{ fail_if_all_match_regexp: ["^a", "1$"] }, [A, B], "a.\\t60\\tIN\\tA\\t127.0.0.2 does not match 1$"],
  [
    {
      fail_if_all_match_regexp: ["x"],
      fail_if_none_matches_regexp: ["y"],
      fail_if_not_matches_regexp: ["1$"],
    },
    [A, B],
    "a.\\t60\\tIN\\tA\\t127.0.0.2 does not match 1$",
  ],
  [
    { fail_if_matches_regexp: ["2$"], fail_if_not_matches_regexp: ["2$"] },
    [A, B],
    "a.\\t60\\tIN\\tA\\t127.0.0.1 does not match 2$",
  ],
] as const)("%j about %j: %s", (options, texts, mismatch) => {
  const rules = compileRules(options as Parameters<typeof compileRules>[0]);
  expect(rules.mismatch(texts.map(recordOf))).toBe(mismatch);
  expect(rules.any).toBe(Object.keys(options).length > 0);
});
