import type { CompileContext, Degradation } from "../../core/prober.ts";
import { describeError } from "../errors.ts";
import type { RawHeaders } from "../http-headers.ts";
import { SHORT_TEXT, shortFor } from "../inspection/short-text.ts";
import { hasMoreContainers } from "../json-size.ts";
import { compileJsonRules, type JsonRule } from "./cel.ts";
import { type BodyRule, type Consequence, compileBodyRules } from "./rules.ts";
import type { HttpOptions } from "./schema.ts";
import { type Failure, failure } from "./transport/steps.ts";
import { compileValues, type TakenValues } from "./values.ts";

/** The options of a module about the content of a body. Plain data, so that another thread can be told. */
export type ContentOptions = Pick<HttpOptions, (typeof CONTENT_OPTIONS)[number]>;

const CONTENT_OPTIONS = [
  "fail_if_body_matches_regexp",
  "fail_if_body_not_matches_regexp",
  "fail_if_body_json_matches_cel",
  "fail_if_body_json_not_matches_cel",
  "degraded_if_body_matches_regexp",
  "degraded_if_body_not_matches_regexp",
  "degraded_if_body_json_matches_cel",
  "degraded_if_body_json_not_matches_cel",
  "metrics",
] as const satisfies readonly (keyof HttpOptions)[];

/** Selects the options about the content. */
export const contentOptions = (options: HttpOptions): ContentOptions =>
  Object.fromEntries(CONTENT_OPTIONS.flatMap((name) => (name in options ? [[name, options[name]]] : [])));

/** A response, as far as its content is concerned. */
export interface ContentQuestion {
  readonly headers: RawHeaders;
  /** False for a response whose status or headers failed the probe: only its values are read. */
  readonly judged: boolean;
}

/** A body to inspect in the thread for long texts. */
export interface ContentWork {
  readonly options: ContentOptions;
  readonly question: ContentQuestion;
  readonly bytes: Uint8Array;
}

/** The findings of the rules and values of a module in a body. */
export interface ContentFindings {
  /** The first expression that fails the probe. */
  readonly regex: Failure | undefined;
  /** The first rule about JSON that fails the probe. */
  readonly json: Failure | undefined;
  /** The first rule that makes the target degraded; only without a failure. */
  readonly degraded: Degradation | undefined;
  readonly values: TakenValues | undefined;
}

/** The rules of a module about the content of a body, and the values that it exports. */
export interface ContentRules {
  /** True if there are rules, which need the body. */
  readonly readsBody: boolean;
  /** True if there is a rule about JSON that fails the probe. */
  readonly failsJson: boolean;
  /** True if any value is in the body. */
  readonly exportsBody: boolean;
  /** Longest body in bytes that is inspected in the main thread. */
  readonly short: number;
  /**
   * Applies the rules and reads the values, at once.
   * @param body decompressed, or the reason why it is incomplete: rules fail for it
   */
  inspect(body: Buffer | Failure, question: ContentQuestion): ContentFindings;
}

/** The content of one body, decoded and parsed once. */
interface Content {
  text(): string;
  json(): { readonly ok: true; readonly value: unknown } | Failure;
}

/** Rules with the same consequence. */
interface Rules {
  readonly body: readonly BodyRule[];
  readonly json: readonly JsonRule[];
}

const IGNORING: Pick<CompileContext, "problem" | "metricNames"> = {
  problem: () => {},
  metricNames: new Set(),
};

/**
 * Compiles the options about the content.
 * @param context without it, the options are known to have no problems
 */
export function compileContent(
  options: ContentOptions,
  context: Pick<CompileContext, "problem" | "metricNames"> = IGNORING,
): ContentRules {
  const rulesFor = (consequence: Consequence): Rules => ({
    body: compileBodyRules(options, consequence),
    json: compileJsonRules(options, consequence, context),
  });
  const [fail, degraded] = [rulesFor("fail"), rulesFor("degraded")];
  const values = options.metrics === undefined ? undefined : compileValues(options.metrics, context);
  return {
    readsBody: [fail, degraded].some(({ body, json }) => body.length > 0 || json.length > 0),
    failsJson: fail.json.length > 0,
    exportsBody: values?.needsBody === true,
    short: Math.min(
      shortFor([...fail.body, ...degraded.body].map(({ regexp }) => regexp)),
      mayBeSlow(options) ? SHORT_FOR_NESTED : SHORT_TEXT,
    ),
    inspect(body, { headers, judged }) {
      if (!Buffer.isBuffer(body))
        return incomplete(
          body,
          judged,
          fail,
          degraded,
          values?.take(headers, undefined, () => undefined),
        );
      const content = contentOf(body);
      const regex = judged ? judgeText(content, fail.body) : undefined;
      const json = judged && regex === undefined ? judgeJson(content, fail.json) : undefined;
      const isGood = judged && regex === undefined && json === undefined;
      const doubt = isGood
        ? (judgeText(content, degraded.body) ?? judgeJson(content, degraded.json))
        : undefined;
      const parsed = (): unknown => {
        const read = content.json();
        return read.ok ? read.value : undefined;
      };
      return {
        regex,
        json,
        degraded: degradedBy(doubt),
        values: values?.take(headers, content.text(), parsed),
      };
    },
  };
}

const degradedBy = (mismatch: Failure | undefined): Degradation | undefined =>
  mismatch === undefined ? undefined : { reason: "body_mismatch", detail: mismatch.detail };

/** Longest body for an expression whose time grows faster than the body, in bytes. */
const SHORT_FOR_NESTED = 512;

/** Returns true for expressions over JSON with one loop in another. */
function mayBeSlow(options: ContentOptions): boolean {
  return (["fail", "degraded"] as const).some((consequence) =>
    (["matches", "not_matches"] as const).some((verb) => {
      const source = options[`${consequence}_if_body_json_${verb}_cel`] ?? "";
      return [...source.matchAll(/\b(?:all|exists|exists_one|map|filter)\s*\(/gu)].length > 1;
    }),
  );
}

/** Returns the findings in an incomplete body, which fails all rules: unknown is never healthy. */
const incomplete = (
  cause: Failure,
  judged: boolean,
  fail: Rules,
  degraded: Rules,
  values: TakenValues | undefined,
): ContentFindings => {
  const regex = judged && fail.body.length > 0 ? cause : undefined;
  const json = judged && regex === undefined && fail.json.length > 0 ? cause : undefined;
  const hasDoubt = judged && degraded.body.length + degraded.json.length > 0;
  const isGood = regex === undefined && json === undefined;
  return { regex, json, degraded: isGood && hasDoubt ? degradedBy(cause) : undefined, values };
};

function contentOf(body: Buffer): Content {
  let text: string | undefined;
  let json: ReturnType<Content["json"]> | undefined;
  const content: Content = {
    text: () => (text ??= body.toString("utf8")),
    json: () => (json ??= parse(content.text())),
  };
  return content;
}

/** Most arrays and objects in a body: 60 MB. */
const MOST_CONTAINERS = 1_000_000;

function parse(text: string): ReturnType<Content["json"]> {
  if (hasMoreContainers(text, MOST_CONTAINERS))
    return failure("too_large", `the JSON has more than ${MOST_CONTAINERS} arrays and objects`);
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return failure("malformed", `the body is not JSON: ${describeError(error)}`);
  }
}

function judgeText(content: Content, rules: readonly BodyRule[]): Failure | undefined {
  for (const rule of rules) {
    const mismatch = rule.judge(content.text());
    if (mismatch !== undefined) return failure("body_mismatch", mismatch);
  }
  return undefined;
}

function judgeJson(content: Content, rules: readonly JsonRule[]): Failure | undefined {
  if (rules.length === 0) return undefined;
  const read = content.json();
  if (!read.ok) return read;
  for (const rule of rules) {
    const mismatch = rule(read.value);
    if (mismatch !== undefined) return failure("body_mismatch", mismatch);
  }
  return undefined;
}
