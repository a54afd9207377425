/** A parameter of a route, in its query or its path. */
export interface ApiParameter {
  readonly name: string;
  readonly in: "query" | "path";
  readonly description: string;
  readonly schema: object;
  readonly isRequired?: boolean;
}

/** An operation of the HTTP API as its description shows it. */
export interface ApiOperation {
  readonly method: "get" | "post" | "put" | "delete";
  /** With placeholders: `/api/v1/targets/{name}`. */
  readonly path: string;
  readonly summary: string;
  readonly parameters: readonly ApiParameter[];
  /** True if it demands the control token. */
  readonly isControl?: boolean;
  /** Schema of a JSON body. */
  readonly body?: object;
  /** The status of a success, with the schema of its answer; absent for an answer without JSON. */
  readonly success: 200 | 201 | 204;
  readonly answer?: object;
  /** The media type of a success, if it is not JSON. */
  readonly media?: string;
  readonly example?: unknown;
  /** Other statuses that its answers can have. */
  readonly errors: readonly number[];
}

/** Refers to a schema of the page's model. */
export const model = (name: string) => ({ $ref: `#/components/schemas/${name}` }) as const;

/** The schema of an object that may have more keys in later versions. */
export const object = (properties: Readonly<Record<string, object>>) => ({
  type: "object",
  properties,
  required: Object.keys(properties),
});

/** The schema of a list. */
export const listOf = (items: object) => ({ type: "array", items }) as const;

// Schemas of simple values. Unknown values are null.
export const text = { type: "string" } as const;
export const textOrNull = { type: ["string", "null"] } as const;
export const number = { type: "number" } as const;
export const numberOrNull = { type: ["number", "null"] } as const;
export const integer = { type: "integer" } as const;
export const bool = { type: "boolean" } as const;
export const time = { type: "string", format: "date-time" } as const;
export const timeOrNull = { type: ["string", "null"], format: "date-time" } as const;
export const anyObject = { type: "object" } as const;

/** Makes a parameter of a query. */
export const query = (name: string, schema: object, description: string): ApiParameter => ({
  name,
  in: "query",
  description,
  schema,
});

/** Makes a parameter in the path. */
export const inPath = (name: string, description: string): ApiParameter => ({
  name,
  in: "path",
  description,
  schema: text,
  isRequired: true,
});
