import type { ConfigDocument } from "./config-document.ts";

/** A method that may answer later, from another thread. */
type Asynchronous<Method> = Method extends (...args: infer Args) => infer Answer
  ? (...args: Args) => Answer | Promise<Answer>
  : never;

/** A parsed configuration, in this thread or in a worker. */
export type OpenDocument = {
  readonly [Method in keyof ConfigDocument]: Asynchronous<ConfigDocument[Method]>;
} & {
  /** Ends the worker. */
  close(): Promise<void>;
};
