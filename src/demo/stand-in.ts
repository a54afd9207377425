import { createServer, type Server, type ServerResponse } from "node:http";

/** The ways in which the stand-in goes bad, one after the other. */
const ILLS = ["overloaded", "wrong answer", "silence"] as const;
type Ill = (typeof ILLS)[number];

/** Seconds of one round: well at first, then ill, then well again. */
const ROUND = 20;
const ILL_FROM = 4;
const ILL_UNTIL = 10;

const TOKENS = ["HE", "AL", "THY"];
const TOKEN_DELAY_MS = 20;

/** A small imitation of an OpenAI-compatible server: it streams one answer, and is ill for a while in every round. */
export function createStandIn(): Server {
  const started = performance.now();

  const illness = (): Ill | undefined => {
    const age = (performance.now() - started) / 1000;
    const at = age % ROUND;
    return at >= ILL_FROM && at < ILL_UNTIL ? ILLS[Math.floor(age / ROUND) % ILLS.length] : undefined;
  };

  return createServer((req, res) => {
    req.resume();
    if (req.method !== "POST" || req.url !== "/v1/chat/completions") {
      res.writeHead(404).end();
      return;
    }
    switch (illness()) {
      case undefined:
        streamAnswer(res, TOKENS);
        break;
      case "wrong answer":
        streamAnswer(res, ["UN", ...TOKENS]);
        break;
      case "overloaded":
        res.writeHead(503, { "Content-Type": "application/json" });
        res.end(JSON.stringify({ error: { message: "the model is overloaded", type: "overloaded_error" } }));
        break;
      case "silence":
        // The connection is held and nothing is said, until the probe gives up.
        break;
    }
  });
}

function streamAnswer(res: ServerResponse, tokens: readonly string[]): void {
  res.writeHead(200, { "Content-Type": "text/event-stream" });
  const chunk = (choices: readonly object[], more: object = {}): string =>
    `data: ${JSON.stringify({ id: "demo", object: "chat.completion.chunk", model: "demo-model", choices, ...more })}\n\n`;
  const usage = { prompt_tokens: 12, completion_tokens: tokens.length + 1, total_tokens: 13 + tokens.length };
  const pieces = [
    ...tokens.map((content) => chunk([{ index: 0, delta: { content }, finish_reason: null }])),
    chunk([{ index: 0, delta: {}, finish_reason: "stop" }]) + chunk([], { usage }) + "data: [DONE]\n\n",
  ];
  const sendNext = (): void => {
    const piece = pieces.shift();
    if (piece === undefined) {
      res.end();
      return;
    }
    res.write(piece);
    setTimeout(sendNext, TOKEN_DELAY_MS);
  };
  sendNext();
}
