/** The size of a panel's content in pixels, and its time range in Unix seconds. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly from: number;
  readonly to: number;
}

/** Replaces the characters that mean something in HTML. */
export const escape = (text: string): string => text.replaceAll(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
