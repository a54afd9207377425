import { seconds } from "../../src/core/units.ts";
import { type Running, start, waitUntil } from "./process.ts";
import { tool } from "./tools.ts";

/** A real LLM server (llama.cpp); `await using` stops it. */
export interface LlamaServer extends AsyncDisposable {
  /** Its address without a path; `${url}/v1` is the OpenAI-compatible API. */
  readonly url: string;
  readonly port: number;
  /** `kill` with SIGSTOP makes it hang with open connections, SIGCONT continue, SIGKILL vanish. */
  readonly process: Running;
  /** Returns the number of prompts that have reached the model, finished or not. The server must not be stopped. */
  prompts(): Promise<number>;
}

/**
 * Starts llama-server with a model file and waits until it is healthy.
 *
 * @param options.port a free one by default; give the port of a killed server to bring it back
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
    const listening = await server.waitForOutput(/listening on (http:\/\/127\.0\.0\.1:(\d+))/);
    const [, url = "", port] = listening;
    await server.waitForHttp(`${url}/health`);
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
 * Counts the tasks in the server's log. The log lags behind the answers, so this first waits until it accounts for as many
 * generated tokens as the server's metrics do. The metrics alone do not count prompts.
 */
async function promptsOf(server: Running, url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const generated = Number(/^llamacpp:tokens_predicted_total (\d+)/m.exec(metrics)?.[1] ?? Number.NaN);
  if (Number.isNaN(generated)) throw new Error(`no tokens_predicted_total in ${url}/metrics:\n${metrics}`);
  await waitUntil("the log of llama-server", () => {
    const logged = [...server.output().matchAll(/(?<!prompt ) eval time = .*?\/ +(\d+) tokens/g)];
    return logged.reduce((sum, [, tokens]) => sum + Number(tokens), 0) >= generated ? true : undefined;
  });
  return [...server.output().matchAll(/\| processing task/g)].length;
}
