import type { CompileContext } from "../../core/prober.ts";
import { compileRegexp, type Regexp } from "../regexp.ts";
import type { StepOptions } from "./schema.ts";
import { literalTemplate, parseTemplate, type Template } from "./template.ts";

/** A compiled step of a conversation. */
export interface Step {
  /** Its place in `query_response`, from 1 on. */
  readonly number: number;
  readonly expect: Expectation | undefined;
  /** The text to send, without its line feed; undefined to send nothing. */
  readonly send: Template | undefined;
  readonly startTls: boolean;
}

/** A line or bytes that a step waits for. */
export type Expectation =
  | {
      readonly kind: "line";
      readonly regexp: Regexp;
      /** The labels of `probe_expect_info`; undefined for no series. */
      readonly labels: readonly LabelTemplate[] | undefined;
    }
  | { readonly kind: "bytes"; readonly bytes: Buffer };

/** A label of `probe_expect_info`. */
export interface LabelTemplate {
  readonly name: string;
  readonly value: Template;
}

/** Compiles `query_response`, and reports contradictions. */
export const compileSteps = (
  steps: readonly StepOptions[] | undefined,
  context: CompileContext,
): readonly Step[] =>
  (steps ?? []).map((options, i) => {
    const { expect, expect_bytes: bytes, labels, send = "", starttls: startTls = false } = options;
    const path = ["query_response", i];
    if (expect !== undefined && bytes)
      context.problem([...path, "expect_bytes"], "expect and expect_bytes", "at most one of them");
    if (expect === undefined && labels !== undefined)
      context.warn([...path, "labels"], "has no effect without expect");
    const template = expect === undefined ? literalTemplate(send) : parseTemplate(send);
    return {
      number: i + 1,
      expect: expectationOf(options, path, context),
      send: send === "" ? undefined : template,
      startTls,
    };
  });

function expectationOf(
  { expect, expect_bytes: bytes, labels }: StepOptions,
  path: readonly (string | number)[],
  context: CompileContext,
): Expectation | undefined {
  if (expect !== undefined)
    return {
      kind: "line",
      regexp: compileRegexp(expect),
      labels: labels === undefined ? undefined : compileLabels(labels, [...path, "labels"], context),
    };
  return bytes ? { kind: "bytes", bytes: Buffer.from(bytes) } : undefined;
}

function compileLabels(
  labels: NonNullable<StepOptions["labels"]>,
  path: readonly (string | number)[],
  context: CompileContext,
): readonly LabelTemplate[] {
  const seen = new Set<string>();
  return labels.map(({ name: written, value = "" }, i) => {
    const name = labelName(written);
    // blackbox_exporter closes the connection of the scrape as soon as a line matches.
    if (written === "" || name.startsWith("__") || seen.has(name))
      context.problem(
        [...path, i, "name"],
        JSON.stringify(written),
        "a label name that does not begin with __, each once",
      );
    seen.add(name);
    return { name, value: parseTemplate(value) };
  });
}

/** Returns a label name that every version of Prometheus accepts, as blackbox_exporter escapes it for them. */
const labelName = (name: string): string => name.replace(/^[0-9]|[^A-Za-z0-9_]/gu, "_");
