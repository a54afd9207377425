import type { ChannelOptions, PresetName } from "../../../core/channel.ts";
import { discordSection, matrixSection, slackSection, teamsSection, telegramSection } from "./chats.ts";
import { appriseSection, emailSection, webhookSection } from "./other.ts";
import type { PresetSection } from "./preset.ts";
import { gotifySection, ntfySection, pushoverSection } from "./push.ts";

/** The options of each preset. An entry of `notify` has exactly one of these keys. */
export const presetSections = {
  ntfy: ntfySection,
  telegram: telegramSection,
  discord: discordSection,
  slack: slackSection,
  teams: teamsSection,
  matrix: matrixSection,
  pushover: pushoverSection,
  gotify: gotifySection,
  email: emailSection,
  apprise: appriseSection,
  webhook: webhookSection,
} as const satisfies { readonly [Name in PresetName]: PresetSection<ChannelOptions[Name]> };

/** The names of all presets. */
export const PRESET_NAMES = Object.keys(presetSections) as readonly PresetName[];
