// Follows the mode of a target, and works accordingly: node follow-mode.ts http://heartbeat-exporter:8091 gpt
import { followMode } from "heartbeat-exporter";

const [url = "http://localhost:8091", target] = process.argv.slice(2);
const follower = followMode(url, {
  ...(target === undefined ? {} : { target }),
  onError: (error) => console.error(String(error)),
});

for await (const { mode, policy, stale } of follower) {
  // Elsewhere in the program `follower.current()` says the same at any time, without waiting.
  const how =
    mode === "fallback" && policy !== null
      ? ` (${policy.mode}, confidence lower by ${policy.confidenceReduction})`
      : "";
  console.log(`${mode}${how}${stale ? ", as far as is known" : ""}`);
}
