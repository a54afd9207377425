const EQUATOR = 2 ** 31;
const HOUR = 60_000;
const DEGREE = 60 * HOUR;
/** Altitude in centimetres that is written as -100000 m. */
const ALTITUDE_BASE = 100_000;

/**
 * Writes the numbers of a LOC record (RFC 1876), in the order of its fields.
 * @param numbers version, size, precisions, latitude, longitude and altitude
 */
export function locationText(numbers: readonly number[]): string {
  const [, size = 0, horizontal = 0, vertical = 0, latitude = 0, longitude = 0, altitude = 0] = numbers;
  const metres = altitude / 100 - ALTITUDE_BASE;
  return [
    angle(latitude, "N", "S"),
    angle(longitude, "E", "W"),
    `${altitude % 100 === 0 ? metres.toFixed(0) : metres.toFixed(2)}m`,
    ...[size, horizontal, vertical].map((each) => `${lengthText(each)}m`),
  ].join(" ");
}

function angle(value: number, above: string, below: string): string {
  const from = Math.abs(value - EQUATOR);
  const two = (n: number): string => String(n).padStart(2, "0");
  const degrees = two(Math.floor(from / DEGREE));
  const minutes = two(Math.floor((from % DEGREE) / HOUR));
  return `${degrees} ${minutes} ${((from % HOUR) / 1000).toFixed(3)} ${value > EQUATOR ? above : below}`;
}

/** Writes a length in metres, given as a digit and a power of ten of centimetres. */
function lengthText(byte: number): string {
  const digit = byte >> 4;
  const power = byte & 15;
  if (power >= 2) return String(digit) + "0".repeat(power - 2);
  return `0.${String(digit * (power === 1 ? 10 : 1)).padStart(2, "0")}`;
}
