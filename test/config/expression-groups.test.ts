import { describe, expect, test } from "vitest";
import { convert, newFindings } from "../../src/config/document/convert.ts";
import { openDocument } from "../../src/config/document/open.ts";

const text = { type: "string" } as const;

/** Steps whose texts refer to the groups of the expression beside them. */
const SCHEMA = {
  type: "object",
  properties: {
    other: text,
    steps: {
      type: "array",
      items: {
        type: "object",
        groupsOf: "expect",
        properties: {
          expect: text,
          send: text,
          labels: { type: "array", items: { type: "object", properties: { value: text } } },
        },
      },
    },
  },
} as const;

const ENV = { TOKEN: "pa$1$", name: "of the environment" };

/** Converts YAML with variables. Returns the value, and the names of variables that are used and that are not set. */
function converted(yaml: string): { value: unknown; used: readonly string[]; unset: readonly string[] } {
  const { root } = openDocument(yaml, "test.yml");
  if (root === undefined) throw new Error("nothing to convert");
  const unset: string[] = [];
  const findings = newFindings();
  const substitution = { env: ENV, unset: (_path: unknown, name: string) => unset.push(name) };
  const value = convert(root, SCHEMA, { findings, substitution });
  return { value, used: [...findings.variables], unset };
}

const sent = (step: string) => {
  const { value, used, unset } = converted(`steps: [${step}]`);
  const { steps } = value as { steps: readonly { send: string }[] };
  return { send: steps[0]?.send, used, unset };
};

describe("a reference beside an expression", () => {
  test.each([
    ["to a group is left to the template", "{ expect: '(?P<name>a)', send: 'x${name}' }", "x${name}", []],
    ["to a group in the other notation", "{ expect: '(?<name>a)', send: '${name}' }", "${name}", []],
    [
      "to another name is a variable",
      "{ expect: '(?P<a>a)', send: '${name}' }",
      "of the environment",
      ["name"],
    ],
    ["is a variable without an expression", "{ send: '${name}' }", "of the environment", ["name"]],
    [
      "is a variable if the expression is empty",
      "{ expect: , send: '${name}' }",
      "of the environment",
      ["name"],
    ],
    [
      "to a value with dollar signs keeps them",
      "{ expect: a, send: '${TOKEN} ${1}' }",
      "pa$$1$$ ${1}",
      ["TOKEN"],
    ],
    ["has them once without an expression", "{ send: '${TOKEN}' }", "pa$1$", ["TOKEN"]],
    ["that is escaped is left to the template", "{ expect: a, send: '$${name}' }", "$${name}", []],
    ["that is escaped is a text without an expression", "{ send: '$${name}' }", "${name}", []],
  ])("%s", (_, step, send, used) => {
    expect(sent(step)).toEqual({ send, used, unset: [] });
  });

  test("to a variable that is not set is a problem", () => {
    expect(sent("{ expect: '(?P<a>a)', send: '${b}' }").unset).toEqual(["b"]);
  });

  test("may be deep in the step, but not beside it", () => {
    const { value } = converted(
      "other: '${name}'\nsteps: [{ expect: '(?P<name>a)', labels: [{ value: '${name}' }] }, { send: '${name}' }]",
    );
    expect(value).toEqual({
      other: "of the environment",
      steps: [{ expect: "(?P<name>a)", labels: [{ value: "${name}" }] }, { send: "of the environment" }],
    });
  });

  test("in the expression itself is a variable", () => {
    const { value } = converted("steps: [{ expect: '(?P<name>${name})' }]");
    expect(value).toEqual({ steps: [{ expect: "(?P<name>of the environment)" }] });
  });
});
