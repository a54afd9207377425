/** Formats a number with its noun: `1 target`, `2 targets`, `0 entries`. */
export const counted = (count: number, noun: string, plural = `${noun}s`): string =>
  `${count} ${count === 1 ? noun : plural}`;
