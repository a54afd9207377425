import type { Fields } from "./fields.ts";

/** The settings that conditions become. */
export interface ConditionSettings {
  /** Options of an `http` module. */
  readonly http: Readonly<Record<string, unknown>>;
  /** Seconds above which the target is degraded. */
  readonly expected?: number;
}

const NUMBER = String.raw`(\d+)`;
const STATUS = new RegExp(`^\\[STATUS\\]\\s*(==|<=|<|>=|>)\\s*${NUMBER}$`);
const ANY_STATUS = /^\[STATUS\]\s*==\s*any\(([\d\s,]+)\)$/;
const TIME = new RegExp(`^\\[RESPONSE_TIME\\]\\s*<=?\\s*${NUMBER}$`);
const BODY = /^\[BODY\](\.[A-Za-z0-9_.]+)?\s*(==|!=|<=|>=|<|>)\s*(.+)$/;
const PATTERN = /^pat\((.*)\)$/;
/** True for every response of a successful probe. */
const CONNECTED = /^\[CONNECTED\]\s*==\s*true$/;

/**
 * Converts the conditions of an endpoint. Conditions without an equivalent are noted. Status codes that no condition names are
 * all accepted, as in Gatus.
 */
export function conditionSettings(endpoint: Fields): ConditionSettings {
  const codes: (readonly number[])[] = [];
  const matching: string[] = [];
  const expressions: string[] = [];
  let expected: number | undefined;
  for (const condition of endpoint.texts("conditions")) {
    const text = condition.trim();
    const accepted = statusCodes(text);
    const [, milliseconds] = TIME.exec(text) ?? [];
    const body = bodyCondition(text);
    if (accepted !== undefined) codes.push(accepted);
    else if (milliseconds !== undefined) {
      expected = Math.min(expected ?? Infinity, Number(milliseconds) / 1000);
      endpoint.note(`${text}: a slower response makes the target degraded, not unhealthy`, "conditions");
    } else if (body?.regexp !== undefined) matching.push(body.regexp);
    else if (body?.cel !== undefined) expressions.push(body.cel);
    else if (!CONNECTED.test(text)) endpoint.note(`not imported: ${text}`, "conditions");
  }
  return {
    http: {
      valid_status_codes: codes.length === 0 ? ["any"] : rangesOf(codes),
      ...(matching.length === 0 ? {} : { fail_if_body_not_matches_regexp: matching }),
      ...(expressions.length === 0
        ? {}
        : { fail_if_body_json_not_matches_cel: expressions.map((one) => `(${one})`).join(" && ") }),
    },
    ...(expected === undefined ? {} : { expected }),
  };
}

/** Returns the codes that a condition accepts. */
function statusCodes(text: string): readonly number[] | undefined {
  const [, list] = ANY_STATUS.exec(text) ?? [];
  if (list !== undefined) return list.split(",").map(Number);
  const [, operator, number] = STATUS.exec(text) ?? [];
  if (operator === undefined || number === undefined) return undefined;
  const wanted = Number(number);
  const accepts: Readonly<Record<string, (code: number) => boolean>> = {
    "==": (code) => code === wanted,
    "<": (code) => code < wanted,
    "<=": (code) => code <= wanted,
    ">": (code) => code > wanted,
    ">=": (code) => code >= wanted,
  };
  return ALL_CODES.filter((code) => accepts[operator]?.(code) === true);
}

const ALL_CODES = Array.from({ length: 500 }, (_, i) => i + 100);

/** Returns the codes in all lists, runs of them as ranges. */
function rangesOf(lists: readonly (readonly number[])[]): readonly (number | string)[] {
  const [first = [], ...others] = lists;
  const codes = first.filter((code) => others.every((list) => list.includes(code))).toSorted((a, b) => a - b);
  const runs: { from: number; to: number }[] = [];
  for (const code of codes) {
    const last = runs.at(-1);
    if (last !== undefined && last.to === code - 1) last.to = code;
    else runs.push({ from: code, to: code });
  }
  return runs.map(({ from, to }) => (from === to ? from : `${from}-${to}`));
}

/** Converts a condition on the body: a pattern of the text, or a comparison of a field of its JSON. */
function bodyCondition(text: string): { readonly regexp?: string; readonly cel?: string } | undefined {
  const [, field, operator = "", value = ""] = BODY.exec(text) ?? [];
  const [, pattern] = PATTERN.exec(value) ?? [];
  if (field === undefined) {
    if (operator !== "==" || /^(any|len|has)\(/.test(value)) return undefined;
    return { regexp: pattern === undefined ? `^${escaped(value)}$` : globRegexp(pattern) };
  }
  if (pattern !== undefined || /^(any|len|has)\(/.test(value) || value.startsWith("[")) return undefined;
  const steps = field.slice(1).split(".");
  if (!steps.every((step) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(step))) return undefined;
  const literal = /^(-?\d+(\.\d+)?|true|false|null)$/.test(value)
    ? value
    : JSON.stringify(value.replace(/^"(.*)"$/, "$1"));
  return { cel: `body.${steps.join(".")} ${operator} ${literal}` };
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);

/** Converts a pattern in which `*` stands for any text. */
const globRegexp = (pattern: string): string => `(?s)^${pattern.split("*").map(escaped).join(".*")}$`;
