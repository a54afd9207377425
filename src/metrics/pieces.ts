import { setImmediate as nextTurn } from "node:timers/promises";

/** Time for which one slice of work may hold the event loop, in milliseconds. */
const SLICE_MS = 3;

/** Resolves when the slices that have been asked for have had their turns. */
let lastTurn: Promise<unknown> = Promise.resolve();

/** Divides long work into slices between which the event loop runs. */
export interface Slices {
  /** Reports whether the current slice has taken its time. */
  isOver(): boolean;
  /**
   * Ends the slice. Resolves at the start of the next one: after timers and sockets were served, and in a turn of its own if
   * other work is divided as well.
   */
  next(): Promise<void>;
}

/** Starts the first slice. */
export function createSlices(): Slices {
  let began = performance.now();
  return {
    isOver: () => performance.now() - began > SLICE_MS,
    async next() {
      const turn = lastTurn.then(() => nextTurn());
      lastTurn = turn;
      await turn;
      began = performance.now();
    },
  };
}

/** Length of a piece, in characters. */
const PIECE = 64 * 1024;

/**
 * Joins parts of a text to pieces of about `length` characters, in slices. Where pieces end depends on the parts alone. An
 * empty part stands for work that gave no text.
 */
export async function* inPieces(parts: Iterable<string>, length = PIECE): AsyncGenerator<string> {
  const slices = createSlices();
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
