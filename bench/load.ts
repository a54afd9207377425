import { Agent, get } from "node:http";

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
