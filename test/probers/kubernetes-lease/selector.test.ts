import { describe, expect, test } from "vitest";
import { parseSelector } from "../../../src/probers/kubernetes-lease/selector.ts";

describe("a label selector", () => {
  test.each([
    ["", ""],
    ["  ", ""],
    ["app", "app"],
    ["!app", "!app"],
    ["app=web", "app=web"],
    ["app == web", "app=web"],
    ["app=", "app="],
    ["app!=web", "app!=web"],
    ["apps.example.com/app = web", "apps.example.com/app=web"],
    ["tier in (b,a, b)", "tier in (a,b)"],
    ["tier notin (a)", "tier notin (a)"],
    ["tier in (a,)", "tier in (,a)"],
    ["size>3", "size>3"],
    ["size < -3", "size<-3"],
    ["b=1,a=1", "a=1,b=1"],
    ["a=1,a=1", "a=1"],
  ])("%j is %j", (written, selector) => {
    expect(parseSelector(written)).toEqual({ ok: true, selector });
  });

  test.each([
    ["app=web,", "the key of a label at the end"],
    [",app", 'the key of a label before ","'],
    ["=web", 'the key of a label before "="'],
    ["app web", "=, ==, !=, in, notin, < or > after app"],
    ["app=a b", 'a comma before "b"'],
    ["app in a", "values in parentheses after app in, such as (a,b)"],
    ["app in (a", "values in parentheses after app in, such as (a,b)"],
    ["app in (a b)", "values in parentheses after app in, such as (a,b)"],
    ["size>big", "an integer after size>"],
    ["-app=a", 'the key of a label instead of "-app", such as app or example.com/app'],
    ["A/b/c", 'the key of a label instead of "A/b/c", such as app or example.com/app'],
    ["Example/b", 'the key of a label instead of "Example/b", such as app or example.com/app'],
    [
      `app=${"x".repeat(64)}`,
      `a value of at most 63 letters, digits, "-", "_" and "." for app instead of "${"x".repeat(64)}"`,
    ],
    ["app=ä", 'a value of at most 63 letters, digits, "-", "_" and "." for app instead of "ä"'],
    ["(a)", 'the key of a label before "("'],
    ["!", "the key of a label at the end"],
  ])("%j is refused", (written, want) => {
    expect(parseSelector(written)).toEqual({ ok: false, want });
  });
});
