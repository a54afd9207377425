import { createSlices } from "../core/slices.ts";
import { seconds } from "../core/units.ts";

/** Time for which one slice of a page's work may hold the event loop. */
const SLICE = seconds(0.003);

/** Starts the first slice of work for a page. */
export const createPageSlices = (): ReturnType<typeof createSlices> => createSlices(SLICE);

/** Length of a piece, in characters. */
const PIECE = 64 * 1024;

/**
 * Joins parts of a text to pieces of about `length` characters, in slices. Where pieces end depends on the parts alone. An
 * empty part stands for work that gave no text.
 */
export async function* inPieces(parts: Iterable<string>, length = PIECE): AsyncGenerator<string> {
  const slices = createPageSlices();
  let piece = "";
  for (const part of parts) {
    piece += part;
    if (piece.length >= length) {
      yield piece;
      piece = "";
    }
    if (slices.isOver()) await slices.next();
  }
  if (piece !== "") yield piece;
}
