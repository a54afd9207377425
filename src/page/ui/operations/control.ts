import { useState } from "preact/hooks";
import { type Command, type CommandOutcome, useBrowser, useSite } from "../context.ts";
import { classes, h, type VNode } from "../h.ts";

/** Something that an operator can do. */
export interface ControlProps {
  /** The text of the button. */
  readonly label: string;
  /** What it will do, in a sentence. */
  readonly effect: string;
  readonly command: Command;
  /** Whether a person sets for how long; `optional` if it may last until it is ended. */
  readonly durations?: "none" | "optional" | "needed";
}

/** Lengths of time to choose from; an empty one means until it is ended. */
const DURATIONS = ["10m", "30m", "1h", "4h", "1d"] as const;

/** Shows a button with what it will do, and afterwards what came of it. Without JavaScript it shows the request. */
export function Control({ label, effect, command, durations = "none" }: ControlProps): VNode {
  const browser = useBrowser();
  const { canControl } = useSite();
  const [lasting, setLasting] = useState<string>("1h");
  const [outcome, setOutcome] = useState<CommandOutcome | "running" | undefined>(undefined);
  const path = durations === "none" || lasting === "" ? command.path : withDuration(command.path, lasting);
  const press = async (): Promise<void> => {
    if (browser === undefined) return;
    setOutcome("running");
    setOutcome(await browser.send({ ...command, path }));
  };
  const isRunning = outcome === "running";
  return h(
    "div",
    { class: "control" },
    browser === undefined
      ? h("b", null, label)
      : h(
          "button",
          { type: "button", disabled: !canControl || isRunning, onClick: () => void press() },
          label,
        ),
    durations !== "none" && browser !== undefined
      ? h(
          "select",
          {
            "aria-label": "For how long",
            onChange: (event: Event) => setLasting((event.currentTarget as HTMLSelectElement).value),
          },
          DURATIONS.map((one) =>
            h("option", { key: one, value: one, selected: one === lasting }, `for ${one}`),
          ),
          durations === "optional" ? h("option", { value: "" }, "until released") : null,
        )
      : null,
    h("p", null, h("bdi", null, effect)),
    browser === undefined && canControl
      ? h("code", null, `curl -X ${command.method} -H "Authorization: Bearer $TOKEN" "$EXPORTER${path}"`)
      : null,
    h(
      "p",
      {
        class: classes("outcome", typeof outcome === "object" && (outcome.ok ? "good" : "failed")),
        role: "status",
      },
      outcome === undefined ? "" : isRunning ? "Sending ..." : h("bdi", null, outcome.text),
    ),
  );
}

function withDuration(path: string, lasting: string): string {
  const [route = "", search = ""] = path.split("?", 2);
  const query = new URLSearchParams(search);
  query.set("for", lasting);
  return `${route}?${query.toString()}`;
}

/** Says why there are no controls, if there are none. */
export function ControlNotice(): VNode | null {
  const { canControl, controlSetting } = useSite();
  return canControl
    ? null
    : h("p", { class: "quiet" }, `Controls are off: set ${controlSetting} to turn them on.`);
}
