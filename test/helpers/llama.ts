import { seconds } from "../../src/core/units.ts";
import { type Running, start, waitUntil } from "./process.ts";
import { tool } from "./tools.ts";

/** A real LLM server (llama.cpp); `await using` stops it. */
export interface LlamaServer extends AsyncDisposable {
  /** Without a path: `${url}/v1` is its OpenAI-compatible API. */
  readonly url: string;
  readonly port: number;
  /** SIGSTOP makes it hang with open connections, SIGCONT go on, SIGKILL vanish: `kill` sends them. */
  readonly process: Running;
  /** How many prompts have reached the model so far, finished or not. The server must not be stopped. */
  prompts(): Promise<number>;
}

/**
 * Starts llama-server with a model file and waits until it answers.
 *
 * @param options.port a free one by default; name one to bring back a server that was killed
 */
export async function startLlama(options: {
  readonly model: string;
  readonly port?: number;
  readonly args?: readonly string[];
}): Promise<LlamaServer> {
  const { argv, cwd } = tool("llama-server", "newest");
  const server = start(
    [
      ...argv,
      "--model",
      options.model,
      "--host",
      "127.0.0.1",
      "--port",
      String(options.port ?? 0),
      "--threads",
      "1",
      "--metrics",
      ...(options.args ?? []),
    ],
    cwd === undefined ? {} : { cwd },
  );
  try {
    const listening = await server.waitForOutput(/listening on (http:\/\/127\.0\.0\.1:(\d+))/, seconds(20));
    const [, url = "", port] = listening;
    await server.waitForHttp(`${url}/health`, undefined, seconds(20));
    return {
      url,
      port: Number(port),
      process: server,
      prompts: () => promptsOf(server, url),
      [Symbol.asyncDispose]: async () => {
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop(seconds(0));
    throw error;
  }
}

/**
 * Counts the tasks in the server's log. The log is written behind the answers' back, so this waits until it
 * has told of as many generated tokens as the server's metrics; they do not count the prompts themselves.
 */
async function promptsOf(server: Running, url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const generated = Number(/^llamacpp:tokens_predicted_total (\d+)/m.exec(metrics)?.[1] ?? Number.NaN);
  if (Number.isNaN(generated)) throw new Error(`no tokens_predicted_total in ${url}/metrics:\n${metrics}`);
  await waitUntil("the log of llama-server", () => {
    const told = [...server.output().matchAll(/(?<!prompt ) eval time = .*?\/ +(\d+) tokens/g)];
    return told.reduce((sum, [, tokens]) => sum + Number(tokens), 0) >= generated ? true : undefined;
  });
  return [...server.output().matchAll(/\| processing task/g)].length;
}
