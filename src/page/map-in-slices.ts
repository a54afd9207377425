import { inSlices, type Steps } from "../core/steps.ts";

/** Maps a list that may have thousands of items, in slices between which the event loop runs. */
export const mapInSlices = <From, To>(
  list: readonly From[],
  map: (item: From) => To,
): Promise<readonly To[]> => inSlices(mapSteps(list, map));

function* mapSteps<From, To>(list: readonly From[], map: (item: From) => To): Steps<readonly To[]> {
  const mapped: To[] = [];
  for (const item of list) {
    mapped.push(map(item));
    yield;
  }
  return mapped;
}
