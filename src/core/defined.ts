/** `Fields` with every key that may be `undefined` made optional, as `exactOptionalPropertyTypes` requires. */
export type Defined<Fields> = {
  [Key in keyof Fields as undefined extends Fields[Key] ? never : Key]: Fields[Key];
} & {
  [Key in keyof Fields as undefined extends Fields[Key] ? Key : never]?: Exclude<Fields[Key], undefined>;
};

/**
 * Returns a copy of `fields` without the keys whose value is `undefined`, for optional fields of a literal:
 * `{ name, ...defined({ model, hostname }) }`.
 */
export function defined<Fields extends object>(fields: Fields): Defined<Fields> {
  // A loop, because each probe calls this dozens of times.
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(fields)) {
    const value = fields[key as keyof Fields];
    if (value !== undefined) out[key] = value;
  }
  return out as Defined<Fields>;
}
