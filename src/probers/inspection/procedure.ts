import { moduleUrl } from "../../resources/start.ts";

/**
 * Work on a text that may take long, as a module that the thread imports. It exports a function `run`, from plain data to plain
 * data, whose types these are.
 */
export interface Procedure<Input extends object, Output> {
  readonly module: URL;
  /** Only for the compiler. */
  readonly run?: (input: Input) => Output;
}

/**
 * Declares a procedure.
 * @param path the module relative to `from`, without a suffix; `scripts/bundle.ts` lists it as an entry
 * @param from `import.meta.url`
 */
export const procedure = <Input extends object, Output>(
  path: string,
  from: string,
): Procedure<Input, Output> => ({ module: moduleUrl(path, from) });

/** A call of a procedure. */
export interface ProcedureCall {
  readonly module: string;
  readonly input: object;
}

/** The reply of the thread to a call. */
export type ProcedureReply =
  | { readonly kind: "done"; readonly output: unknown }
  | { readonly kind: "bug"; readonly error: unknown };
