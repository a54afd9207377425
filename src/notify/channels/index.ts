import type { ChannelOptions, ChannelPreset } from "../../core/channel.ts";
import { apprise } from "./apprise.ts";
import { discord } from "./discord.ts";
import { gotify } from "./gotify.ts";
import { matrix } from "./matrix.ts";
import { ntfy } from "./ntfy.ts";
import type { HttpPreset } from "./preset.ts";
import { pushover } from "./pushover.ts";
import { slack } from "./slack.ts";
import { teams } from "./teams.ts";
import { telegram } from "./telegram.ts";
import { webhook } from "./webhook.ts";

/** Every preset that sends by HTTP; e-mail is the other one. */
const httpPresets = {
  ntfy,
  telegram,
  discord,
  slack,
  teams,
  matrix,
  pushover,
  gotify,
  apprise,
  webhook,
} as const satisfies {
  readonly [Name in Exclude<keyof ChannelOptions, "email">]: HttpPreset<ChannelOptions[Name]>;
};

/** A preset that sends by HTTP, with its options. */
type HttpChoice = Exclude<ChannelPreset, { readonly name: "email" }>;

/** Returns how the service of a channel is written to. */
export const presetOf = ({ name }: HttpChoice): HttpPreset<unknown> =>
  httpPresets[name] as HttpPreset<unknown>;
