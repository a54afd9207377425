import { Agent, get } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

/**
 * GETs `urlOf(i)` for each i below `count`, `concurrency` at a time over kept connections; rejects when an answer is not
 * 200 or lacks `wanted`.
 */
export async function load(
  urlOf: (i: number) => string,
  count: number,
  concurrency: number,
  wanted: string,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const url = urlOf(left);
      const text = await fetchText(url, agent);
      if (!text.includes(wanted))
        throw new Error(`${url}: want ${wanted} in the answer, got\n${text.slice(0, 500)}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  agent.destroy();
}

/** Like `load`, but starts `perSecond` requests per second, evenly spread, whether earlier ones have been answered or not. */
export async function pacedLoad(
  urlOf: (i: number) => string,
  count: number,
  perSecond: number,
  wanted: string,
): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  const begin = performance.now();
  const answers: Promise<string>[] = [];
  for (let i = 0; i < count; i += 1) {
    await pause(Math.max(0, begin + (i * 1000) / perSecond - performance.now()));
    answers.push(fetchText(urlOf(i), agent));
  }
  const wrong = (await Promise.all(answers)).find((text) => !text.includes(wanted));
  agent.destroy();
  if (wrong !== undefined) throw new Error(`want ${wanted} in the answer, got\n${wrong.slice(0, 500)}`);
}

const fetchText = (url: string, agent: Agent): Promise<string> =>
  new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`${response.statusCode} ${text}`)),
      );
    }).on("error", reject);
  });
