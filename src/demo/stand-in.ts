import { createServer, type Server, type ServerResponse } from "node:http";

/** The faults of the simulated LLM, a different one in each cycle. */
const FAULTS = ["overloaded", "wrong answer", "silence"] as const;
type Fault = (typeof FAULTS)[number];

/** Length of a cycle, and start and end of the fault in it, in seconds. */
const CYCLE = 20;
const FAULT_START = 4;
const FAULT_END = 10;

const TOKENS = ["HE", "AL", "THY"];
const TOKEN_DELAY_MS = 20;

/** Creates a simulated OpenAI-compatible server that streams one fixed answer and, with `faults`, has one in every cycle. */
export function createStandIn({ faults = true }: { readonly faults?: boolean } = {}): Server {
  const started = performance.now();

  const currentFault = (): Fault | undefined => {
    if (!faults) return undefined;
    const age = (performance.now() - started) / 1000;
    const at = age % CYCLE;
    return at >= FAULT_START && at < FAULT_END ? FAULTS[Math.floor(age / CYCLE) % FAULTS.length] : undefined;
  };

  return createServer((req, res) => {
    req.resume();
    if (req.method !== "POST" || req.url !== "/v1/chat/completions") {
      res.writeHead(404).end();
      return;
    }
    switch (currentFault()) {
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
        // Never answered: the probe times out.
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
