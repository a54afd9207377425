/**
 * A callback that is handed out before the parts that it calls exist. It breaks a circle between parts: the first part
 * gets `call`, and `set` follows once the last part is built.
 */
export interface LateCallback<Args extends readonly unknown[]> {
  /** Calls the callback. Throws before `set`: the part must not call back while it is being built. */
  readonly call: (...args: Args) => void;
  readonly set: (callback: (...args: Args) => void) => void;
}

/** @param name of the callback, for the error of a call before `set` */
export function lateCallback<Args extends readonly unknown[]>(name: string): LateCallback<Args> {
  let callback: ((...args: Args) => void) | undefined;
  return {
    call(...args) {
      if (callback === undefined) throw new Error(`${name}: called before it was set`);
      callback(...args);
    },
    set(next) {
      callback = next;
    },
  };
}
