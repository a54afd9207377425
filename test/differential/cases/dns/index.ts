import { answers } from "./answers.ts";
import type { DnsCase } from "./case.ts";
import { hostile } from "./hostile.ts";
import { servers } from "./servers.ts";
import { targets } from "./targets.ts";
import { texts } from "./texts.ts";
import { transports } from "./transports.ts";

/** Every case about the `dns` prober. */
export const dnsCases: readonly DnsCase[] = [
  ...answers,
  ...texts,
  ...hostile,
  ...targets,
  ...transports,
  ...servers,
];
