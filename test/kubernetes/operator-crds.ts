import { join } from "node:path";
import { run } from "../helpers/process.ts";

const OPERATOR = "github.com/prometheus-operator/prometheus-operator@v0.85.0";

/** Returns the folder with the definitions of the Prometheus operator's resources, from the Go module of the operator. */
export async function operatorCrds(): Promise<string> {
  const { stdout } = await run(["go", "mod", "download", "-json", OPERATOR]);
  const { Dir, Error: problem } = JSON.parse(stdout) as { readonly Dir?: string; readonly Error?: string };
  if (Dir === undefined) throw new Error(`${OPERATOR}: ${problem}`);
  return join(Dir, "example/prometheus-operator-crd");
}
