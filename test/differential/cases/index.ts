import type { Case } from "../case.ts";
import { addresses } from "./addresses.ts";
import { basics } from "./basics.ts";
import { clients } from "./clients.ts";
import { compression } from "./compression.ts";
import { cookies } from "./cookies.ts";
import { credentials } from "./credentials.ts";
import { framing } from "./framing.ts";
import { headers } from "./headers.ts";
import { http2 } from "./http2.ts";
import { names } from "./names.ts";
import { oddities } from "./oddities.ts";
import { oldServerCases } from "./old-servers.ts";
import { proxies } from "./proxies.ts";
import { queries } from "./queries.ts";
import { redirects } from "./redirects.ts";
import { rules } from "./rules.ts";
import { tls } from "./tls.ts";

/** Every case, by group. */
export const cases: Readonly<Record<string, readonly Case[]>> = {
  basics,
  framing,
  oddities,
  compression,
  redirects,
  cookies,
  rules,
  headers,
  credentials,
  tls,
  oldServers: oldServerCases,
  names,
  clients,
  http2,
  proxies,
  addresses,
  queries,
};

/** Every case, as one list. */
export const allCases: readonly Case[] = Object.values(cases).flat();
