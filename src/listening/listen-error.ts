/** An address that the exporter cannot listen on. Its message names the address and what to do. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}
