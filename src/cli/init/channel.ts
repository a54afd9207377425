import { scalar } from "./draft.ts";
import { AnswerError, NONE, type Question, readUrl } from "./question.ts";

/** A channel of messages as lines of YAML, and the variables that it needs. */
interface ChannelDraft {
  readonly lines: string;
  readonly variables: ReadonlyMap<string, string>;
}

const FORMS = "the URL of an ntfy topic, telegram CHAT, discord, slack, or none";

/** The question about who is told. */
export const CHANNEL: Question<ChannelDraft | undefined> = {
  flag: "--notify",
  text: `Who is told when something is down: ${FORMS}?`,
  fallback: NONE,
  read(answer) {
    const [word = "", chat = "", ...rest] = answer.split(/\s+/);
    if (answer === NONE) return undefined;
    if (word.toLowerCase() === "telegram" && /^(?:-?\d+|@\w+)$/.test(chat) && rest.length === 0) {
      return channel(
        `telegram:\n      token: \${TELEGRAM_TOKEN}\n      chat: ${JSON.stringify(chat)}`,
        "TELEGRAM_TOKEN",
        "the token of your bot, from @BotFather",
      );
    }
    if (/^(?:discord|slack)$/i.test(answer)) {
      const name = answer.toLowerCase();
      const variable = `${name.toUpperCase()}_WEBHOOK_URL`;
      return channel(
        `${name}:\n      url: \${${variable}}`,
        variable,
        `the URL of the webhook, from ${name}`,
      );
    }
    if (!/^https?:/i.test(answer)) throw new AnswerError(FORMS);
    const { href } = readUrl(answer);
    return channel(`# Who knows the topic can read the messages.\n    ntfy:\n      url: ${scalar(href)}`);
  },
};

function channel(preset: string, variable?: string, meaning = ""): ChannelDraft {
  const lines = `
# Messages to people. Try it: heartbeat-exporter notify test --config.file=FILE
notify:
  - name: people
    ${preset}
`;
  return { lines, variables: new Map(variable === undefined ? [] : [[variable, meaning]]) };
}
