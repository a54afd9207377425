/**
 * A callback that is handed out before the parts that it calls exist. It breaks a circle between parts: the first part
 * gets `call`, and `set` follows once the last part is built.
 */
export interface LateCallback<Args extends readonly unknown[], Result = void> {
  /** Calls the callback. Throws before `set`: the part must not call back while it is being built. */
  readonly call: (...args: Args) => Result;
  readonly set: (callback: (...args: Args) => Result) => void;
}

/** @param name of the callback, for the error of a call before `set` */
export function lateCallback<Args extends readonly unknown[], Result = void>(
  name: string,
): LateCallback<Args, Result> {
  let callback: ((...args: Args) => Result) | undefined;
  return {
    call(...args) {
      if (callback === undefined) throw new Error(`${name}: called before it was set`);
      return callback(...args);
    },
    set(next) {
      callback = next;
    },
  };
}
