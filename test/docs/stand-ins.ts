import type { RequestListener } from "node:http";
import { text } from "node:stream/consumers";

/** Answers a prompt as a model would: the sum that it asks for, or else `HEALTHY`. */
function answerTo(body: string): string {
  const [, a, b] = /What is (-?\d+) \+ (-?\d+)/.exec(body) ?? [];
  return a === undefined || b === undefined ? "HEALTHY" : String(Number(a) + Number(b));
}

/**
 * Answers for everything that pages point at: the APIs of OpenAI, Anthropic and Ollama, services with a JSON body, and receivers of
 * messages.
 * @param received is called with the path and body of each message
 */
export const standIn =
  (received: (path: string, body: string) => void): RequestListener =>
  async (request, response) => {
    const body = await text(request);
    const path = request.url ?? "";
    const content = answerTo(body);
    if (path === "/v1/chat/completions") {
      const chunk = (delta: object, finish: string | null): string =>
        `data: ${JSON.stringify({ object: "chat.completion.chunk", model: "llama3.2", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.end(`${chunk({ content }, null)}${chunk({}, "stop")}data: [DONE]\n\n`);
    } else if (path === "/api/chat") {
      const line = (more: object): string => `${JSON.stringify({ model: "llama3.2", ...more })}\n`;
      response.writeHead(200, { "Content-Type": "application/x-ndjson" });
      response.write(line({ message: { role: "assistant", content }, done: false }));
      response.end(
        line({ message: { role: "assistant", content: "" }, done: true, done_reason: "stop", eval_count: 3 }),
      );
    } else if (request.method === "POST") {
      received(path, body);
      response.writeHead(200, { "Content-Type": "application/json" }).end('{"id":"1"}');
    } else {
      response.writeHead(200, { "Content-Type": "application/json" }).end('{"status":"healthy"}');
    }
  };
