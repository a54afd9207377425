import { validateHeaderName, validateHeaderValue } from "node:http";

/** Returns true if HTTP allows a header of this name. */
export const isHeaderName = (name: string): boolean => accepts(() => validateHeaderName(name));

/** Returns true if HTTP allows this value of a header. */
export const isHeaderValue = (value: string): boolean => accepts(() => validateHeaderValue("value", value));

function accepts(validate: () => void): boolean {
  try {
    validate();
    return true;
  } catch {
    return false;
  }
}
