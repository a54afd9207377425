import { render } from "preact";
import { h, type VNode } from "../h.ts";

/**
 * Asks the person for the control token; resolves to `undefined` if they give none.
 * @param setting the setting with the token
 */
export function askForToken(setting: string): Promise<string | undefined> {
  const before = document.activeElement;
  const place = document.createElement("div");
  document.body.append(place);
  return new Promise((resolve) => {
    const end = (token: string | undefined): void => {
      render(null, place);
      place.remove();
      if (before instanceof HTMLElement) before.focus();
      resolve(token);
    };
    render(h(TokenDialog, { setting, onEnd: end }), place);
  });
}

interface TokenDialogProps {
  readonly setting: string;
  readonly onEnd: (token: string | undefined) => void;
}

function TokenDialog({ setting, onEnd }: TokenDialogProps): VNode {
  return h(
    "dialog",
    {
      "aria-labelledby": "token-title",
      ref: (dialog: HTMLDialogElement | null) => {
        if (dialog !== null && !dialog.open) dialog.showModal();
      },
      onCancel: (event: Event) => {
        event.preventDefault();
        onEnd(undefined);
      },
    },
    h(
      "form",
      {
        method: "dialog",
        onSubmit: (event: Event) => {
          event.preventDefault();
          const given = new FormData(event.currentTarget as HTMLFormElement).get("token");
          const token = typeof given === "string" ? given.trim() : "";
          onEnd(token === "" ? undefined : token);
        },
      },
      h("h2", { id: "token-title" }, "Control token"),
      h("p", null, `The token of ${setting}. This tab keeps it in memory until it is closed or reloaded.`),
      h(
        "label",
        null,
        h("span", null, "Token"),
        h("input", { type: "password", name: "token", autoComplete: "off", required: true, autoFocus: true }),
      ),
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "submit", class: "primary" }, "Use it"),
        h("button", { type: "button", onClick: () => onEnd(undefined) }, "Cancel"),
      ),
    ),
  );
}
