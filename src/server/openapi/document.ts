import { defined } from "../../core/defined.ts";
import { MODEL_SCHEMAS } from "./model-schemas.ts";
import type { ApiOperation, ApiParameter } from "./operation.ts";
import { API_OPERATIONS } from "./operations.ts";

const ERROR = { type: "object", properties: { error: { type: "string" } }, required: ["error"] } as const;

const TEXTS: Readonly<Record<number, string>> = {
  304: "Not changed since the client asked last",
  307: "Redirected to the replica or shard that knows",
  400: "A parameter is malformed",
  401: "The token is missing or wrong",
  403: "No token is configured",
  404: "Unknown name",
  406: "Accept-Encoding refuses every coding",
  409: "Not possible in the present state",
  413: "The body is too long",
  429: "The budget is exhausted",
  503: "Too many streams are open",
};

/**
 * Builds the OpenAPI 3.1 description of the API.
 * @param server base URL of the exporter, with its route prefix
 */
export function openApiDocument(version: string, server: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of API_OPERATIONS) {
    const path = paths[operation.path] ?? {};
    path[operation.method] = operationOf(operation);
    paths[operation.path] = path;
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "heartbeat-exporter",
      version,
      description:
        "What the exporter knows, as JSON. Unknown values are null, times RFC 3339 in UTC. Keys may be added in later versions, but are not removed.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: server }],
    paths,
    components: {
      schemas: { ...MODEL_SCHEMAS, Error: ERROR },
      securitySchemes: { control: { type: "http", scheme: "bearer" } },
    },
  };
}

function operationOf(operation: ApiOperation): object {
  const { summary, parameters, isControl, body, success, errors } = operation;
  return {
    summary,
    operationId: idOf(operation),
    parameters: parameters.map(parameterOf),
    ...(isControl === true ? { security: [{ control: [] }] } : {}),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: body } } } }),
    responses: {
      [success]: successOf(operation),
      ...Object.fromEntries(errors.map((status) => [status, errorOf(status)])),
    },
  };
}

const idOf = ({ method, path }: ApiOperation): string =>
  [method, ...path.split("/").filter((part) => part !== "" && part !== "api" && part !== "v1")]
    .map((part) =>
      part.replaceAll(/[{}]/g, "").replaceAll(/[^A-Za-z0-9]+(.)/g, (_, next: string) => next.toUpperCase()),
    )
    .map((part, i) => (i === 0 ? part : part.charAt(0).toUpperCase() + part.slice(1)))
    .join("");

const parameterOf = ({ name, in: place, description, schema, isRequired }: ApiParameter): object => ({
  name,
  in: place,
  description,
  schema,
  ...defined({ required: isRequired }),
});

function successOf({ answer, media, example }: ApiOperation): object {
  if (media !== undefined) {
    return { description: "Success", content: { [media]: { schema: { type: "string" } } } };
  }
  if (answer === undefined) return { description: "Success" };
  return {
    description: "Success",
    content: { "application/json": { schema: answer, ...defined({ example }) } },
  };
}

function errorOf(status: number): object {
  const description = TEXTS[status] ?? "Error";
  if (status < 400 || status === 406) return { description };
  return {
    description,
    content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
  };
}
