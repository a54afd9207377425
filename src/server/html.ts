import type { Request, Response } from "express";
import type { View } from "../page/ui/view.ts";
import { sendCacheable } from "./cacheable.ts";
import { sendText } from "./compress.ts";
import type { RouteContext } from "./route-context.ts";

/** Answers with a page for people, with the status 200 unless another one is given. */
export async function sendView(
  { html, config }: RouteContext,
  view: View,
  req: Request,
  res: Response,
  status = 200,
): Promise<void> {
  const { controlToken, settingName } = config();
  const { text, policy } = await html.render(view, {
    canControl: controlToken !== undefined,
    controlSetting: settingName("control.token_file"),
  });
  protect(res, policy);
  res.status(status).type("html").set("Cache-Control", "private, no-cache").vary("Accept");
  await sendText(req, res, text);
}

/** Answers with a page for the public, which proxies may keep. */
export async function sendPublicView(
  { html }: RouteContext,
  view: View,
  maxAge: number,
  req: Request,
  res: Response,
): Promise<void> {
  const { text, policy } = await html.render(view, { canControl: false, controlSetting: "" });
  protect(res, policy);
  await sendCacheable(req, res, { type: "text/html; charset=utf-8", text, maxAge, isPublic: true });
}

function protect(res: Response, policy: string): void {
  res.set({
    "Content-Security-Policy": policy,
    "Cross-Origin-Opener-Policy": "same-origin",
  });
}
