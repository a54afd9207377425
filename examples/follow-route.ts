// An application that asks the route before each call: which model to use now. It keeps working while the exporter is away.
import { followRoute } from "heartbeat-exporter";

const [url = "http://localhost:8091", name = "chat"] = process.argv.slice(2);

using route = followRoute(url, name, {
  initial: { use: "openai", address: "https://api.openai.com/v1", model: "gpt-4o-mini" },
  onError: (error) => console.error(error),
});

for await (const { use, address, model, stale } of route) {
  console.log(`${use}: ${model} at ${address}${stale ? " (stale)" : ""}`);
}
